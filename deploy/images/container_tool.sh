# Sourced: Docker or buildah behind three functions.
#
#   build_image NAME DOCKERFILE CONTEXT [ARGS…]   DOCKERFILE - is read from stdin
#   save_image NAME FILE                          as a docker-archive
#   image_size NAME                               of its own layers, uncompressed

if docker info >/dev/null 2>&1; then
    build_image() {
        local name=$1 file=$2 context=$3
        shift 3
        docker build --quiet --tag "$name" --file "$file" "$@" "$context" >/dev/null
    }
    save_image() { mkdir -p "$(dirname "$2")" && docker save --output "$2" "$1"; }
    image_size() { docker image inspect --format '{{.Size}} bytes' "$1"; }
elif command -v buildah >/dev/null; then
    buildah=(buildah)
    [ -z "${IMAGE_STORE:-}" ] ||
        buildah+=(--root "$IMAGE_STORE/root" --runroot "$IMAGE_STORE/run")
    build_image() {
        local name=$1 file=$2 context=$3 text=
        shift 3
        if [ "$file" = - ]; then
            text=$(mktemp) && cat >"$text" && file=$text
        fi
        # chroot: works for root inside a container too, where there is no further namespace.
        "${buildah[@]}" build --quiet --layers --isolation chroot --format docker \
            --tag "$name" --file "$file" "$@" "$context" >/dev/null
        [ -z "$text" ] || rm -f "$text"
    }
    save_image() {
        mkdir -p "$(dirname "$2")" && rm -f "$2"
        "${buildah[@]}" push --quiet "$1" "docker-archive:$2:$1"
    }
    image_size() { "${buildah[@]}" images --format '{{.Size}}' "$1"; }
else
    echo "Neither Docker's daemon nor buildah is here; apt-get install buildah brings one." >&2
    exit 1
fi
