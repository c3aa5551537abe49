#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# The table of failures in docs/reliability.md, row by row, with the tests that it names as proof.
#   faults.sh check         every test that the page names is there
#   faults.sh run [ROW]...  runs them, those of build/dev, and prints a line for each row (default: all rows)
# A test may print "measured: ..." on a line of its own; the row then shows it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

page=docs/reliability.md
commands=build/dev/compile_commands.json

# Prints for each row: number, title, promise and proof, separated by tabs.
rows() { sed -nE 's/^\| ([0-9]+)\. (.*) \| (.*) \| (.*) \|$/\1\t\2\t\3\t\4/p' "$page" | sort -n; }

# proofs TEXT: prints "FILE<tab>NAME" for each test that a proof names.
proofs() {
    local token file=''
    while IFS= read -r token; do
        case $token in
            '`'*_test.cpp'`') file=${token//\`/} ;;
            '"'*'"') if [[ -n $file ]]; then printf '%s\t%s\n' "$file" "${token:1:-1}"; fi ;;
        esac
    done < <(grep -oP '`[^`]*`|"[^"]*"' <<<"$1")
}

# Every name must be the whole title of a test case of its file.
check() {
    local number title promise proof file name status=0 named=0
    while IFS=$'\t' read -r number title promise proof; do
        while IFS=$'\t' read -r file name; do
            named=$((named + 1))
            # A title may go over several lines of the source.
            if ! tr -s ' \n' ' ' <"tests/$file" 2>/dev/null | sed 's/" "//g; s/TEST_CASE( /TEST_CASE(/g' | grep -qF "TEST_CASE(\"$name\""; then
                printf '%s: row %s: tests/%s has no test case "%s"\n' "$page" "$number" "$file" "$name"
                status=1
            fi
        done < <(proofs "$proof")
    done < <(rows)
    if ((named == 0)); then
        printf '%s: no row names a test\n' "$page"
        return 1
    fi
    printf '%d tests are named as proof in %s\n' "$named" "$page"
    return "$status"
}

# programs FILE: prints the test programs that this file of tests/ is a part of.
programs() {
    local directory=${1%%/*} rest=${1#*/}
    sed -nE "s|.* -o parts/tests/$directory/CMakeFiles/([a-z_]+)\.dir/${rest//./\\.}\.o .*|\1|p" "$commands" |
        grep -v '^podpool_container_' | sort -u
}

# Catch's own notation for a title, in which some characters mean something.
escaped() { sed -E 's/([],[\\])/\\\1/g' <<<"$1"; }

# run_row NUMBER TITLE PROMISE PROOF
run_row() {
    local file name program log result passed=0 broken=0 apart=0 skipped=0 started=$SECONDS verdict failures=''
    log=$(mktemp)
    : >"$log.measured"
    while IFS=$'\t' read -r file name; do
        result=''
        for program in $(programs "$file"); do
            result=run
            if "build/dev/tests/$program" "$(escaped "$name")" >"$log" 2>&1 &&
                grep -q 'All tests passed' "$log"; then
                passed=$((passed + 1))
            elif grep -q '^skipped: ' "$log" && grep -q '^assertions: - none -' "$log"; then
                skipped=$((skipped + 1))
                sed -n 's/^skipped: /    skipped: /p' "$log" >>"$log.measured"
            else
                broken=$((broken + 1))
                failures+="$(printf '    failed: %s: %s' "$program" "$name")"$'\n'
                tail -n 25 "$log" | sed 's/^/      /' >&2
            fi
            sed -n 's/^measured: /    measured: /p' "$log" >>"$log.measured"
        done
        if [[ -z $result ]]; then apart=$((apart + 1)); fi
    done < <(proofs "$4")
    verdict=passed
    if ((passed + broken == 0)); then verdict='no test'; fi
    if ((passed + broken == 0 && skipped > 0)); then verdict=skipped; fi
    if ((broken > 0)); then verdict=FAILED; fi
    printf '%3d. %-72s %-7s %2d of %2d tests, %3d s\n' "$1" "$2" "$verdict" "$passed" $((passed + broken + skipped)) \
        $((SECONDS - started))
    printf '    promise: %s\n' "${3%%. *}"
    if [[ $3 == *'Not kept yet'* ]]; then printf '    not kept yet: see %s\n' "$page"; fi
    if ((apart > 0)); then printf '    %d more only in containers: ./dev test --docker\n' "$apart"; fi
    cat "$log.measured"
    printf '%s' "$failures"
    rm -f "$log" "$log.measured"
    if ((broken > 0)); then failed+=("$1"); elif ((passed > 0)); then kept=$((kept + 1)); else untested=$((untested + 1)); fi
}

run() {
    local number title promise proof failed=() kept=0 untested=0
    while IFS=$'\t' read -r number title promise proof <&3; do
        if (($# > 0)) && [[ " $* " != *" $number "* ]]; then continue; fi
        run_row "$number" "$title" "$promise" "$proof"
    done 3< <(rows)
    if ((kept + untested + ${#failed[@]} == 0)); then
        printf 'faults: no such row: %s\n' "$*" >&2
        return 2
    fi
    printf '\n%d rows passed, %d failed%s, %d have no test\n' "$kept" "${#failed[@]}" \
        "${failed[*]:+ (${failed[*]})}" "$untested"
    ((${#failed[@]} == 0))
}

case ${1:-} in
    check) check ;;
    run) run "${@:2}" ;;
    *)
        printf 'faults: expected check or run [ROW]...\n' >&2
        exit 2
        ;;
esac
