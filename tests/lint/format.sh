#!/usr/bin/env bash
# Fails, and names the place, where a source file is not as clang-format would have it.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files '*.h' '*.cpp' | xargs clang-format-19 --dry-run --Werror
