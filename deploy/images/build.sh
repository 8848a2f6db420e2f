#!/usr/bin/env bash
# build.sh [--host] [--archive DIR]: builds the images localhost/tributary/{producer,consumer,tributary}.
#
#   --host         take build/release/bin of this machine (Debian 12) instead of compiling in a container
#   --check        only look at the options
#   --archive DIR  also write DIR/<image>.tar, for a cluster without a registry
#
# Uses Docker where its daemon answers, else buildah. IMAGE_STORE names a folder for buildah's images.
set -euo pipefail
cd "$(dirname "$0")/../.."

host=false check=false archive=''
while [ $# -gt 0 ]; do
    case $1 in
        --host) host=true ;;
        --check) check=true ;;
        --archive) archive=$2 && shift ;;
        *) echo "There is no option \"$1\"; there are --host and --archive DIR." >&2 && exit 2 ;;
    esac
    shift
done
! $check || exit 0

version=$(sed -nE 's/^project\(tributary VERSION ([^ ]+).*/\1/p' CMakeLists.txt)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
. deploy/images/container_tool.sh

if $host; then
    context=build/images
    deploy/images/collect.sh build/release/bin "$context/rootfs"
    build_image localhost/tributary/build - "$context" <<<$'FROM scratch\nCOPY rootfs /rootfs'
else
    build_image localhost/tributary/build deploy/images/build/Dockerfile .
fi

for image in producer consumer tributary; do
    name=localhost/tributary/$image:$version
    build_image "$name" "deploy/images/$image/Dockerfile" "deploy/images/$image" \
        --build-arg "VERSION=$version" --build-arg "REVISION=$revision"
    [ -z "$archive" ] || save_image "$name" "$archive/$image.tar"
    printf '%s: %s\n' "$name" "$(image_size "$name")"
done
