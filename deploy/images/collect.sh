#!/usr/bin/env bash
# collect.sh BIN_DIR OUT: lays out OUT/<image>/, one whole root file system per image.
#
# Each holds its programs, exactly the shared libraries that they load, and the certificates of public
# authorities. No shell, no package tool, nothing else that an intruder could use.
set -euo pipefail
bin=$1 out=$2

# put ROOT FILE: copies FILE to the same path under ROOT, links followed.
put() { install -D -m "$(stat -Lc %a "$2")" "$2" "$1$2"; }

libraries() { ldd "$@" | sed -nE 's/.*=> (\/[^ ]+).*/\1/p; s/^\s+(\/[^ ]+).*/\1/p' | sort -u; }

# layout IMAGE PROGRAM…: PROGRAM is a path below BIN_DIR.
layout() {
    local root=$out/$1 program library
    shift
    rm -rf "$root"
    for program in "$@"; do
        install -D -m 755 "$bin/$program" "$root/usr/bin/$program"
        strip "$root/usr/bin/$program"
        for library in $(libraries "$bin/$program"); do put "$root" "$library"; done
    done
    put "$root" /etc/ssl/certs/ca-certificates.crt
    # OpenSSL's own name for the bundle, so that https works without a setting.
    install -d "$root/usr/lib/ssl" "$root/etc" "$root/tmp" "$root/var/lib/tributary"
    ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
    echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
    echo 'tributary:x:65532:65532::/var/lib/tributary:/' >"$root/etc/passwd"
    echo 'tributary:x:65532:' >"$root/etc/group"
    chmod 1777 "$root/tmp"
}

layout producer tributary-producer
layout consumer tributary-consumer
# The command line, with what `tributary up` starts.
layout tributary tributary tributary-producer tributary-consumer lambda_api/bootstrap lambda_s3/bootstrap
