# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# A minimal root of a Debian suite to prove things in: what tools/bare-check and tools/package-check
# share. To be sourced, with the script's own arguments, after `suite` is set. Makes `root` with
# debootstrap (or takes a FOLDER, the second argument, which is kept and used again), and leaves it
# mounted for `inside` and `timed`; at the end everything is unmounted, and a temporary one removed.
# Needs root and debootstrap. Takes the mirror, keys and proxy from this machine's apt.

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 69
}

[[ $(id -u) -eq 0 ]] || fail "needs root, for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "needs the package debootstrap"

# In namespaces of its own no mount and no process can outlive it, even when it is killed.
if [[ -z ${WINDTUNNEL_BARE_ROOT:-} ]]; then
    WINDTUNNEL_BARE_ROOT=inside exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi

mounted=()
cleanup() {
    local i
    for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
        umount "${mounted[i]}" 2>/dev/null || umount -l "${mounted[i]}" || true
    done
    [[ -n ${keep:-} || -z ${root:-} ]] || rm -rf --one-file-system "$root"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ -n ${2:-} ]]; then
    keep=1
    mkdir -p "$2"
    root=$(cd "$2" && pwd -P)
else
    root=$(mktemp -d "${TMPDIR:-/tmp}/windtunnel-bare.XXXXXX")
    chmod 755 "$root" # of a machine's root; some tests are nobody
fi

# "URI RELEASE COMPONENT" of each configured source of the suite.
sources() {
    local own
    own=$(. /etc/os-release && echo "${VERSION_CODENAME:-$suite}")
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' |
        awk -v own="$own" -v suite="$suite" '
            $2 == own || index($2, own "-") == 1 {
                sub(own, suite, $2)
                print
            }' | sort -u
}

make_root() {
    local mirror
    mirror=$(sources | awk -v suite="$suite" '$2 == suite { print $1; exit }')
    [[ -n $mirror ]] || fail "apt has no source for $suite on this machine"
    debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.debootstrap.log" 2>&1 ||
        { tail -n 20 "$root.debootstrap.log" >&2; fail "debootstrap failed; its log is $root.debootstrap.log"; }
    rm -f "$root.debootstrap.log"
    sources | sed 's/^/deb /' >"$root/etc/apt/sources.list"
    apt-config dump Acquire | grep -v IndexTargets >"$root/etc/apt/apt.conf.d/99host" || true
    cp -a /etc/apt/trusted.gpg.d /etc/apt/auth.conf.d "$root/etc/apt/" 2>/dev/null || true
    rm -rf "$root"/var/lib/apt/lists/*
}

mount_at() { # FOLDER mount's arguments...
    mkdir -p "$root$1"
    mount "${@:2}" "$root$1"
    mounted+=("$root$1")
}

inside() { # command..., in `workplace`
    local name proxies=()
    for name in http_proxy https_proxy no_proxy; do
        [[ -z ${!name:-} ]] || proxies+=("$name=${!name}")
    done
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "${proxies[@]}" \
        chroot "$root" /bin/bash -c 'cd "$0" && exec "$@"' "${workplace:-/root}" "$@" </dev/null
}

results=()
status=0
timed() { # LABEL command...
    local begin=$EPOCHREALTIME code=0
    "${@:2}" || code=$?
    results+=("$(awk -v label="$1" -v begin="$begin" -v end="$EPOCHREALTIME" -v code="$code" \
        'BEGIN { printf "%-28s %7.1f s  exit %d", label, end - begin, code }')")
    # shellcheck disable=SC2034 # the scripts exit with it
    [[ $code -eq 0 ]] || status=1
}

[[ -x $root/bin/bash ]] || timed "bare root ($suite)" make_root
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mount_at /proc -t proc proc
mount_at /dev --bind /dev
mount_at /dev/pts --bind /dev/pts
mount_at /dev/shm -t tmpfs tmpfs
