#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# The checks of `./dev lint`. Each step prints one line, ok or failed; a failed one prints its findings.
# PODPOOL_LINT_ROOT: the tree to check, by default the one this script is in.
set -uo pipefail

root=${PODPOOL_LINT_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
all_steps=(core headers format tidy tidy-tests length licence catch scripts paths)
max_lines=500
jobs=$(nproc)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

bold='' red='' reset=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' red=$'\e[31m' reset=$'\e[0m'
fi

misuse() {
    printf 'lint: %s\n' "$*" >&2
    exit 2
}

# Prints the files below the given directories that match one of the suffixes, relative to the root.
find_files() {
    local suffixes=$1 directory
    shift
    for directory in "$@"; do
        if [[ -d $directory ]]; then
            find "$directory" -type f -regextype posix-extended -regex ".*\\.($suffixes)"
        fi
    done | sort
}

cpp_files() { find_files 'hpp|cpp|ipp' include src drivers tests examples; }

# The headers that a user may include.
public_headers() {
    find_files hpp include drivers/*/include | grep -Ev '/(detail|impl)/'
}

newest_tool() {
    local tool
    for tool in "$1-19" "$1"; do
        if command -v "$tool"; then return 0; fi
    done
    printf 'lint: no %s here; ./dev setup lint installs it\n' "$1" >&2
    return 1
}

include_flags() {
    local directory
    printf -- '-Iinclude '
    for directory in drivers/*/include; do
        if [[ -d $directory ]]; then printf -- '-I%s ' "$directory"; fi
    done
    pkg-config --cflags-only-I libpq libcares 2>/dev/null || true
}

# --- the steps: each prints its findings and returns non-zero if there are any ----------------------

# The core is values in, actions out: nothing that does I/O, waits, or asks for time or randomness. What it
# includes from outside include/podpool/core/ must not bring in Asio, a clock or randomness either.
step_core() {
    local boost='boost/(?!system/)|asio'
    local headers="$boost|ctime|time\.h|sys/|unistd\.h|poll\.h|netdb\.h|arpa/|netinet/|libpq|ares|pthread\.h"
    headers+='|thread|mutex|shared_mutex|atomic|condition_variable|future|semaphore|latch|barrier|stop_token'
    headers+='|coroutine|iostream|fstream|syncstream'
    local asks='_clock::now|clock_gettime|gettimeofday|random_device|std::rand\b|\bsrand\b|std::time\b|boost::asio'
    local waits='std::(this_thread|jthread|thread|mutex|atomic|async)\b|\bgetenv\b'
    local core outside file status=0
    mapfile -t core < <(find_files 'hpp|cpp|ipp' include/podpool/core)
    if ((${#core[@]} == 0)); then
        printf 'include/podpool/core: no file there\n'
        return 1
    fi
    g++ -std=c++20 -Iinclude -x c++ -MM "${core[@]}" >"$scratch/depends" || status=1

    # refuse PATTERN_OF_HEADERS PATTERN_OF_CODE FILE...
    refuse() {
        local pattern="^\s*#\s*include\s*[<\"]($1)|$2"
        for file in "${@:3}"; do
            if sed -E 's://.*$::' "$file" | grep -nP "$pattern" >"$scratch/core"; then
                sed "s|^|$file:|; s|\$|   <- not in the core|" "$scratch/core"
                status=1
            fi
        done
    }
    refuse "$headers" "$asks|$waits" "${core[@]}"
    mapfile -t outside < <(
        tr -s ' \\' '\n' <"$scratch/depends" | grep '^include/.*pp$' | grep -v '/core/' | sort -u
    )
    refuse "$boost" "$asks" "${outside[@]}"
    return "$status"
}

# Every public header compiles alone.
step_headers() {
    local flags
    read -ra flags <<<"$(include_flags | tr '\n' ' ')"
    check_header() {
        local header=$1 output
        shift
        output=$(g++ -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Werror "$@" -fsyntax-only \
            -include "$header" -x c++ /dev/null 2>&1) && return 0
        head -n 20 <<<"$output"
        printf '%s: does not compile alone\n' "$header"
        return 1
    }
    export -f check_header
    public_headers | xargs -d '\n' -r -P "$jobs" -I '{}' bash -c 'check_header "$@"' lint '{}' "${flags[@]}"
}

step_format() {
    local tool
    tool=$(newest_tool clang-format) || return 1
    if cpp_files | xargs -d '\n' -r "$tool" --dry-run -Werror 2>"$scratch/format"; then return 0; fi
    if grep -q 'clang-format-violations' "$scratch/format"; then
        sed -nE 's/^([^:]+):[0-9]+:[0-9]+: .*/\1/p' "$scratch/format" | uniq -c |
            awk '{ printf "%s: not formatted in %d places\n", $2, $1 } END { print "./dev format mends them" }'
    else
        cat "$scratch/format"
    fi
    return 1
}

# tidy PRESET ARGUMENT_OF_GREP...: clang-tidy over the source files that the preset's build knows and grep lets
# pass; it doesn't know all of GCC's warnings.
tidy() {
    local tool preset=$1 build=$root/build/$1
    shift
    tool=$(newest_tool clang-tidy) || return 1
    # Each time, since a unity build's batches are made by it; a tree without CMake brings its own list.
    if [[ -f $root/CMakeLists.txt ]]; then
        (cd "$root" && cmake --preset "$preset" >"$scratch/configure" 2>&1) || {
            tail -n 20 "$scratch/configure"
            return 1
        }
    fi
    sed -n 's/^ *"file": "\(.*\)".*/\1/p' "$build/compile_commands.json" | sort -u |
        grep -v "/tests/support/catch_main.cpp$" | grep "$@" |
        xargs -d '\n' -r -P "$jobs" -n 1 "$tool" -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option \
            --warnings-as-errors='*' 2>"$scratch/tidy" || {
        # On stderr are counts of suppressed warnings, and errors of the tool itself.
        grep -Ev '^[0-9]+ warnings? ' "$scratch/tidy"
        return 1
    }
}
# Sources in batches (the preset makes a unity build), since most of the time goes into headers. Tests apart: there
# are twice as many of them, and clang-tidy finds their own configuration only for the files themselves.
step_tidy() { tidy tidy -v "/tests/"; }
step_tidy-tests() { tidy dev "^$root/tests/"; }

step_length() {
    local file lines status=0
    while read -r file; do
        lines=$(wc -l <"$file")
        if ((lines > max_lines)); then
            printf '%s: %d lines, at most %d\n' "$file" "$lines" "$max_lines"
            status=1
        fi
    done < <(find_files 'hpp|cpp|ipp' include src drivers)
    return "$status"
}

step_licence() {
    local file status=0
    while read -r file; do
        if [[ $(head -n 1 "$file") != '// SPDX-License-Identifier: BSL-1.0' ]]; then
            printf '%s: the first line is not the licence\n' "$file"
            status=1
        fi
    done < <(cpp_files)
    return "$status"
}

# Catch2's versions 2 (Debian 12) and 3 (Debian 13) have different headers; one of ours serves both.
step_catch() {
    ! cpp_files | grep -vE '^tests/support/catch(_main)?\.[hc]pp$' | xargs -d '\n' -r \
        grep -nE '^\s*#\s*include\s*[<"]catch2/' -- /dev/null |
        sed 's/$/   <- include support\/catch.hpp instead/' | grep .
}

step_scripts() {
    local file status=0
    while read -r file; do
        bash -n "$file" || status=1
    done < <(grep -rlE --exclude-dir=build --exclude-dir=.git '^#!.*\bbash' . | sort)
    return "$status"
}

# No file names this checkout or somebody's home.
step_paths() {
    ! grep -rnPI --exclude-dir=build --exclude-dir=.git --exclude-dir=lint \
        "(^|[\s\"'=(\`])(\Q$root\E|/home/[a-z]+|/Users|/root)/" .
}

# ----------------------------------------------------------------------------------------------------

run_step() {
    local step=$1 started=$SECONDS
    if "step_$step" >"$scratch/findings" 2>&1; then
        printf 'lint %-10s ok (%d s)\n' "$step" $((SECONDS - started))
        return 0
    fi
    cat "$scratch/findings"
    printf '%slint %-10s %sfailed%s (%d s), see above\n' "$bold" "$step" "$red" "$reset" $((SECONDS - started))
    return 1
}

main() {
    local step steps=() status=0
    cd "$root" || exit 2
    while (($# > 0)); do
        case $1 in
            --only)
                if [[ " ${all_steps[*]} " != *" ${2:-} "* ]]; then
                    misuse "unknown step '${2:-}'; expected one of: ${all_steps[*]}"
                fi
                steps+=("$2")
                shift 2
                ;;
            --fix-format)
                cpp_files | xargs -d '\n' -r "$(newest_tool clang-format)" -i
                exit
                ;;
            *) misuse "unknown argument '$1'; expected --only STEP" ;;
        esac
    done
    if ((${#steps[@]} == 0)); then steps=("${all_steps[@]}"); fi
    for step in "${steps[@]}"; do run_step "$step" || status=1; done
    return "$status"
}

main "$@"
