#!/usr/bin/env bash
# Builds the real components that the tests and the demo run against: a control plane, the Flux
# controllers, Gitea and an OCI registry, and the programs that ours is compared with (flux, kustomize, sops),
# each from its Go module.
#
#   tests/env/build.sh            builds what is missing and prints the folder with the programs
#   tests/env/build.sh --peers    the same, with what only benchmarks need
#   tests/env/build.sh --list     prints one line a program: NAME ready|missing
#
# The programs land in ${GITOPS_TESTENV:-${XDG_CACHE_HOME:-$HOME/.cache}/gitops-testenv}, one file per
# program and key (go.mod, go.sum, package, link flags, Go version), so that a second run costs
# milliseconds, an interrupted one goes on where it stopped, and two at once wait for each other.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${GITOPS_TESTENV:-${XDG_CACHE_HOME:-$HOME/.cache}/gitops-testenv}
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly

kube_flags="-X k8s.io/component-base/version.gitVersion=v1.36.3 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36 -X k8s.io/client-go/pkg/version.gitVersion=v1.36.3"

# The pair in mods/flux is that of flux2 itself at this version: its program can be built inside its module only.
flux_version=2.9.4

# What sops writes into the files that it encrypts.
sops_version=3.13.3

# name | module folder | package | link flags; what half the tests need comes first.
programs=(
  "kube-apiserver|kube|k8s.io/kubernetes/cmd/kube-apiserver|$kube_flags"
  "kube-controller-manager|kube|k8s.io/kubernetes/cmd/kube-controller-manager|$kube_flags"
  "kubectl|kube|k8s.io/kubernetes/cmd/kubectl|$kube_flags"
  "etcd|etcd|go.etcd.io/etcd/server/v3|"
  "kwok|kwok|sigs.k8s.io/kwok/cmd/kwok|"
  "source-controller|source-controller|github.com/fluxcd/source-controller|"
  "kustomize-controller|kustomize-controller|github.com/fluxcd/kustomize-controller|"
  "gitea|gitea|gitea.dev|-X main.Version=1.27.3 -X main.Tags=sqlite"
  "helm-controller|helm-controller|github.com/fluxcd/helm-controller|"
  "notification-controller|notification-controller|github.com/fluxcd/notification-controller|"
  "image-reflector-controller|image-reflector-controller|github.com/fluxcd/image-reflector-controller|"
  "image-automation-controller|image-automation-controller|github.com/fluxcd/image-automation-controller|"
  "registry|registry|github.com/distribution/distribution/v3/cmd/registry|"
  "flux|flux|./cmd/flux|-X main.VERSION=$flux_version"
  "kustomize|kustomize|sigs.k8s.io/kustomize/kustomize/v5|"
  "helm|helm|helm.sh/helm/v4/cmd/helm|-X helm.sh/helm/v4/internal/version.version=v4.3.1"
  "sops|sops|github.com/getsops/sops/v3/cmd/sops|-X github.com/getsops/sops/v3/version.Version=$sops_version"
)

# What only benchmarks compare with. flate needs a newer Go, which an older one fetches as a module.
peers=(
  "flate|flate|github.com/home-operations/flate/cmd/flate|"
)
[ "${1:-}" != --peers ] || programs+=("${peers[@]}")

go_version=$(go version)

toolchain() { # MODULE
  if [ "$1" = flate ]; then printf 'go1.27.0'; else printf 'local'; fi
}

program_path() { # NAME MODULE PACKAGE FLAGS
  local key
  key=$(cat "$here/mods/$2/go.mod" "$here/mods/$2/go.sum" - <<<"$3 $4 $go_version" | sha256sum | cut -c1-16)
  printf '%s/programs/%s-%s' "$cache" "$1" "$key"
}

list() {
  local entry name module package flags
  for entry in "${programs[@]}"; do
    IFS='|' read -r name module package flags <<<"$entry"
    if [ -x "$(program_path "$name" "$module" "$package" "$flags")" ]; then
      printf '%s ready\n' "$name"
    else
      printf '%s missing\n' "$name"
    fi
  done
}

# flux embeds manifests that its published module lacks. A copy of the module with an empty file in their place
# builds; what needs them is run with `--manifests DIR`.
flux_source() {
  local target="$cache/flux-source" module
  module=$(cd "$here/mods/flux" && go mod download -json "github.com/fluxcd/flux2/v2@v$flux_version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  [ -n "$module" ] || return
  [ ! -d "$target" ] || chmod -R u+w "$target"
  rm -rf "$target"
  # What lies in the module cache is read-only, and so is its copy.
  cp -r "$module" "$target" && chmod -R u+w "$target" &&
    cp "$here/mods/flux/go.mod" "$here/mods/flux/go.sum" "$target/" &&
    mkdir -p "$target/cmd/flux/manifests" &&
    printf '# not published\n' >"$target/cmd/flux/manifests/none.yaml" &&
    printf '%s' "$target"
}

source_folder() { # MODULE
  if [ "$1" = flux ]; then flux_source; else printf '%s/mods/%s' "$here" "$1"; fi
}

build() { # NAME MODULE PACKAGE FLAGS
  local out seconds=$SECONDS
  out=$(program_path "$@")
  if [ ! -x "$out" ]; then
    printf '  building %s … ' "$1" >&2
    (source=$(source_folder "$2") && cd "$source" && GOTOOLCHAIN=$(toolchain "$2") go build -trimpath -ldflags "-s -w $4" -o "$out.tmp" "$3") || {
      printf '\n%s: cannot build %s from %s\n' "$0" "$1" "$3" >&2
      exit 1
    }
    mv "$out.tmp" "$out"
    printf '%s s\n' "$((SECONDS - seconds))" >&2
  fi
  ln -sfn "$out" "$cache/bin/$1"
}

# Gitea reads its locales and templates from a folder; its module ships them.
gitea_assets() {
  local target="$cache/gitea-assets" module
  [ -e "$target/.complete" ] && return
  module=$(cd "$here/mods/gitea" && go mod download -json gitea.dev | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  rm -rf "$target" "$target.tmp"
  mkdir -p "$target.tmp"
  cp -r "$module/options" "$module/templates" "$target.tmp/"
  chmod -R u+w "$target.tmp"
  touch "$target.tmp/.complete"
  mv "$target.tmp" "$target"
}

if [ "${1:-}" = --list ]; then
  list
  exit 0
fi

mkdir -p "$cache/bin" "$cache/programs"
exec 9>"$cache/lock"
if ! flock -n 9; then
  printf 'another run is building the test environment; waiting for it\n' >&2
  flock 9
fi

missing=$(list | grep -c missing || true)
if [ "$missing" -gt 0 ]; then
  printf 'building %s of %s programs of the test environment into %s\n' "$missing" "${#programs[@]}" "$cache" >&2
  printf 'the first time takes about 20 minutes on two cores and 22 GB of disk while it builds; an interrupted run goes on where it stopped\n' >&2
fi
for entry in "${programs[@]}"; do
  IFS='|' read -r name module package flags <<<"$entry"
  build "$name" "$module" "$package" "$flags"
done
gitea_assets
printf '%s\n' "$cache/bin"
