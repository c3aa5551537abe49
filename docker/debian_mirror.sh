# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# For scripts that fetch Debian packages; they source it.

# mirror: prints where this machine has its own packages from: a mirror near it, or the only one that it may ask.
mirror() {
    local found
    # shellcheck disable=SC2016 # apt-get's own substitution
    found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
        2>/dev/null | head -n 1 || true)
    echo "${found:-http://deb.debian.org/debian}"
}
