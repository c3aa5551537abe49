#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# The code in the README is the code of the examples, which are compiled and run: a fence that follows
# `<!-- file: PATH -->` must be that file, its licence line left out.
set -euo pipefail
root=$1
failed=0
checked=0
while read -r path; do
    checked=$((checked + 1))
    quoted=$(awk -v marker="<!-- file: $path -->" '
        $0 == marker {found = 1; next}
        found && /^```/ {if (inside) exit; inside = 1; next}
        found && inside {print}' "$root/README.md")
    real=$(grep -v '^// SPDX-License-Identifier' "$root/$path")
    if [[ "$quoted" != "$real" ]]; then
        printf 'README.md quotes %s otherwise than it is:\n' "$path"
        diff <(printf '%s\n' "$quoted") <(printf '%s\n' "$real") || true
        failed=$((failed + 1))
    fi
done < <(sed -n 's/^<!-- file: \(.*\) -->$/\1/p' "$root/README.md")
for link in $(grep -ohE '\]\([^)#:]+(#[^)]*)?\)' "$root/README.md" | sed -E 's/^\]\(//; s/[#)].*$//'); do
    checked=$((checked + 1))
    if [[ ! -e $root/$link ]]; then
        printf 'README.md links to %s, which does not exist\n' "$link"
        failed=$((failed + 1))
    fi
done
for page in "$root"/docs/*.md "$root"/docs/adr/*.md; do
    for link in $(grep -ohE '\]\([^)#:]+(#[^)]*)?\)' "$page" | sed -E 's/^\]\(//; s/[#)].*$//'); do
        checked=$((checked + 1))
        if [[ ! -e $(dirname "$page")/$link ]]; then
            printf '%s links to %s, which does not exist\n' "${page#"$root"/}" "$link"
            failed=$((failed + 1))
        fi
    done
done
printf '%d checked, %d failed\n' "$checked" "$failed"
((checked > 0 && failed == 0))
