#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# lint_test.sh SOURCE: each step of `./dev lint` passes on a small clean tree, and fails and names the file
# once that tree is broken in the way that the step is there for.
set -euo pipefail

source_dir=$1
lint=$source_dir/tests/lint/lint.sh
scratch=$(mktemp -d "${TMPDIR:-/tmp}/podpool-lint-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
licence='// SPDX-License-Identifier: BSL-1.0'
passed=0 failed=0 skipped=0

# write FILE LINE...: replaces a file of the tree.
write() {
    mkdir -p "$(dirname "$tree/$1")"
    printf '%s\n' "${@:2}" >"$tree/$1"
}

clean_tree() {
    rm -rf "$tree"
    mkdir -p "$tree"
    cp "$source_dir/.clang-format" "$source_dir/.clang-tidy" "$tree"
    write include/podpool/core/number.hpp "$licence" '#pragma once' '' 'namespace podpool::core {' \
        'inline int next(int value) { return value + 1; }' '}  // namespace podpool::core'
    write include/podpool/number.hpp "$licence" '#pragma once' '' '#include <podpool/core/number.hpp>'
    write src/cli/main.cpp "$licence" '#include <podpool/number.hpp>' '' \
        'int main() { return podpool::core::next(-1); }'
    write dev '#!/usr/bin/env bash' 'echo fine'
    write build/tidy/compile_commands.json '[' '{' "  \"directory\": \"$tree\"," \
        "  \"command\": \"g++ -std=c++20 -I$tree/include -c $tree/src/cli/main.cpp\"," \
        "  \"file\": \"$tree/src/cli/main.cpp\"" '}' ']'
}

run_lint() { PODPOOL_LINT_ROOT=$tree "$lint" --only "$1" >"$scratch/output" 2>&1; }

report() {
    if [[ $1 == ok ]]; then
        passed=$((passed + 1))
        printf 'ok: %s\n' "$2"
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$2"
        cat "$scratch/output"
    fi
}

has_tool() { command -v "$1-19" >/dev/null || command -v "$1" >/dev/null; }

# expect_failure STEP NAMED TITLE: the step fails on the tree as it is now and its output has NAMED.
expect_failure() {
    if ! run_lint "$1" && grep -qF -- "$2" "$scratch/output" && grep -q "lint $1 *failed" "$scratch/output"; then
        report ok "$3"
    else
        report bad "$3"
    fi
    clean_tree
}

clean_tree
for step in core headers format tidy length licence catch scripts paths; do
    if [[ $step == format || $step == tidy ]] && ! has_tool "clang-$step"; then
        skipped=$((skipped + 1))
        printf 'skipped: no clang-%s here; ./dev setup lint installs it\n' "$step"
        continue
    fi
    if run_lint "$step"; then report ok "$step passes on a clean tree"; else report bad "$step on a clean tree"; fi
done

core=include/podpool/core/number.hpp
write $core "$licence" '#pragma once' '#include <boost/asio/io_context.hpp>'
expect_failure core "$core:3" 'core: Asio is refused'
write $core "$licence" '#pragma once' '#include <mutex>'
expect_failure core "$core:3" 'core: a mutex is refused'
write $core "$licence" '#pragma once' '#include <thread>'
expect_failure core "$core:3" 'core: a thread is refused'
write $core "$licence" '#pragma once' '#include <chrono>' 'inline auto now() { return std::chrono::steady_clock::now(); }'
expect_failure core "$core:4" 'core: reading a clock is refused'
write $core "$licence" '#pragma once' '#include <random>' 'inline unsigned seed() { return std::random_device{}(); }'
expect_failure core "$core:4" 'core: random_device is refused'
write $core "$licence" '#pragma once' '#include <podpool/waits.hpp>'
write include/podpool/waits.hpp "$licence" '#pragma once' '#include <boost/asio/io_context.hpp>'
expect_failure core include/podpool/waits.hpp:3 'core: Asio by way of another header is refused'

write include/podpool/lonely.hpp "$licence" '#pragma once' 'inline std::string name() { return {}; }'
expect_failure headers 'include/podpool/lonely.hpp: does not compile alone' 'headers: a missing include is found'
write drivers/other/include/podpool/other.hpp "$licence" '#pragma once' 'inline int narrow(long value) { return value; }'
expect_failure headers drivers/other/include/podpool/other.hpp 'headers: a warning in a driver header is found'

if has_tool clang-format; then
    write src/cli/main.cpp "$licence" 'int main()' '{' 'return 0 ;}'
    expect_failure format src/cli/main.cpp 'format: a misformatted file is found'
fi
if has_tool clang-tidy; then
    write src/cli/main.cpp "$licence" 'int main() {' '    const int BadName = 0;' '    return BadName;' '}'
    expect_failure tidy "src/cli/main.cpp:3" 'tidy: a finding in a source file is found'
    write $core "$licence" '#pragma once' 'namespace podpool::core {' 'inline int* next(int) { return 0; }' '}'
    write src/cli/main.cpp "$licence" '#include <podpool/number.hpp>' \
        'int main() { return podpool::core::next(1) == nullptr ? 0 : 1; }'
    expect_failure tidy "$core:4" 'tidy: a finding in one of our headers is found'
    write src/cli/main.cpp "$licence" '#include <podpool/nowhere.hpp>' 'int main() {}'
    expect_failure tidy podpool/nowhere.hpp 'tidy: a file that does not compile is found'
fi

mapfile -t many < <(seq -f '// %g' 500)
write include/podpool/long.hpp "$licence" '#pragma once' "${many[@]}"
expect_failure length 'include/podpool/long.hpp: 502 lines' 'length: a long file is found'
write src/cli/main.cpp 'int main() {}'
expect_failure licence src/cli/main.cpp 'licence: a missing licence line is found'
write tests/own_test.cpp "$licence" '#include <catch2/catch.hpp>'
expect_failure catch tests/own_test.cpp:2 'catch: a header of Catch2 2 in a test is found'
write tests/own_test.cpp "$licence" '#  include "catch2/catch_test_macros.hpp"'
expect_failure catch tests/own_test.cpp:2 'catch: a header of Catch2 3 in a test is found'
write tests/support/catch.hpp "$licence" '#include <catch2/catch.hpp>'
if run_lint catch; then report ok 'catch: our own header may'; else report bad 'catch: our own header may'; fi
clean_tree
write dev '#!/usr/bin/env bash' 'if true; then'
expect_failure scripts dev 'scripts: a syntax error is found'
write README.md "see $tree/docs"
expect_failure paths README.md:1 'paths: the path of the checkout is found'

if "$lint" --only nonsense >"$scratch/output" 2>&1 || (($? != 2)); then
    report bad 'an unknown step is a misuse'
else
    report ok 'an unknown step is a misuse'
fi

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
