#!/bin/sh
# Checks a kit of the ChefStackZ Connector for Zammad offline. Needs sha256sum, tar and ssh-keygen, nothing else.
#
#   sh verify.sh KIT.tar ALLOWED_SIGNERS
#
# KIT.tar.sig is in the same folder as the kit. ALLOWED_SIGNERS is the key file published at chefstackz.com: take it from there,
# not from the source of the kit. Take this script from there too; the one in the kit is for comparison.
# Exits with 0 and a line "PASS" if the kit is unchanged, else with 1 and a line "FAIL" with the reason.
set -u
LC_ALL=C
export LC_ALL
umask 077

identity=release@chefstackz.com
namespace=chefstackz-release
product=chefstackz-zammad-connector

pass() { printf 'ok    %s\n' "$1"; }
fail() { printf 'FAIL  %s\n' "$1"; exit 1; }

[ $# -eq 2 ] || { echo "usage: sh verify.sh KIT.tar ALLOWED_SIGNERS" >&2; exit 2; }
kit=$1
signers=$2
# An absolute path, because the script changes its folder.
case $signers in /*) ;; *) signers=$PWD/$signers ;; esac
for tool in sha256sum tar ssh-keygen; do
  command -v "$tool" >/dev/null 2>&1 || fail "$tool is not installed"
done
[ -f "$kit" ] || fail "there is no file $kit"
[ -f "$signers" ] || fail "there is no file $signers"
name=${kit##*/}
folder=${name%.tar}
case $folder in
  "$product"-[0-9]*-linux-amd64 | "$product"-[0-9]*-linux-arm64) ;;
  *) fail "the kit's name is not $product-VERSION-linux-ARCH.tar" ;;
esac
rest=${folder#"$product"-}
version=${rest%-linux-*}
arch=${rest##*-}
image=connector-$version-linux-$arch.image.tar

signed() { # FILE SIGNATURE
  ssh-keygen -Y verify -f "$signers" -I "$identity" -n "$namespace" -s "$2" <"$1" >/dev/null 2>&1
}

named() { # TEXT: whether release.json has it
  while IFS= read -r line; do
    case $line in *"$1"*) return 0 ;; esac
  done <release.json
  return 1
}

# The members of an archive are unique, and each is a file or folder that only root writes: no link, device, set-user-id.
plain() { # ARCHIVE LIST-OF-NAMES
  seen=/
  while IFS= read -r member; do
    case $seen in *"/$member//"*) return 1 ;; esac
    seen="$seen$member///"
  done <"$2"
  tar -tvf "$1" 2>/dev/null | while IFS= read -r line; do
    case $line in
      -rw-r--r--\ * | -rwxr-xr-x\ * | drwxr-xr-x\ *) ;;
      *) exit 1 ;;
    esac
  done
}

# Nothing is behind the end of an archive, where tar does not read: two blocks of 512 zeros end it.
ends() { # ARCHIVE
  end=
  for word in $(tar -tRf "$1" 2>/dev/null | tail -n 1); do
    case $word in *:) end=${word%:} ;; esac
  done
  [ -n "$end" ] && [ "$(wc -c <"$1")" -eq $(((end + 2) * 512)) ]
}

# 1. The archive as a whole. This detects every change; the other checks locate it.
[ -f "$kit.sig" ] || fail "signature: there is no $name.sig beside the kit"
signed "$kit" "$kit.sig" || fail "signature of the archive: not one by $identity over these bytes"
pass "signature of the archive"

# 2. Members: one folder with the known files, no links.
work=$(mktemp -d) || fail "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tar -tf "$kit" >"$work/names" 2>/dev/null || fail "members: the archive is damaged"
while IFS= read -r member; do
  case $member in
    "$folder/") ;;
    "$folder/OPERATOR-GUIDE.md" | "$folder/RELEASE-NOTES.md" | "$folder/THIRD-PARTY-LICENCES.txt" | "$folder/compose.yaml" | \
      "$folder/connector.env.example" | "$folder/release.json" | "$folder/sbom-connector.cdx.json" | \
      "$folder/sbom-forge.cdx.json" | "$folder/verify.sh" | "$folder/SHA256SUMS" | "$folder/SHA256SUMS.sig" | \
      "$folder/SHA256SUMS.minisig" | "$folder/$image") ;;
    *) fail "members: $member does not belong into the kit" ;;
  esac
done <"$work/names"
plain "$kit" "$work/names" || fail "members: one is there twice, or is neither a plain file nor a folder"
ends "$kit" || fail "members: there is something behind the end of the archive"
mkdir "$work/kit" && tar -xf "$kit" -C "$work/kit" || fail "members: the archive cannot be unpacked"
cd "$work/kit/$folder" || fail "members: there is no folder $folder"
pass "members of the archive"

# 3. Sums: every file has one, all match, and they are signed.
[ -f SHA256SUMS ] && [ -f SHA256SUMS.sig ] || fail "members: SHA256SUMS or its signature is missing"
for file in OPERATOR-GUIDE.md RELEASE-NOTES.md THIRD-PARTY-LICENCES.txt compose.yaml connector.env.example release.json \
  sbom-connector.cdx.json sbom-forge.cdx.json verify.sh "$image"; do
  [ -f "$file" ] || fail "members: $file is missing"
  listed=
  while read -r sum entry; do
    [ "$entry" = "$file" ] && listed=$sum
  done <SHA256SUMS
  found=$(sha256sum <"$file")
  [ "${found%% *}" = "$listed" ] || fail "sums: $file does not have its digest in SHA256SUMS"
done
sha256sum --check --strict --quiet SHA256SUMS >/dev/null 2>&1 || fail "sums: SHA256SUMS lists something that is not in the kit"
pass "sums of the files"
signed SHA256SUMS SHA256SUMS.sig || fail "signature of SHA256SUMS: not one by $identity over these bytes"
pass "signature of SHA256SUMS"

# 4. The image: the published archive, of which each blob has the digest in its name and belongs to the published image.
sum=$(sha256sum <"$image")
named "\"tarballSha256\": \"${sum%% *}\"" || fail "image: its archive is not the one of release.json"
tar -tf "$image" >"$work/image-names" 2>/dev/null || fail "image: the archive is damaged"
plain "$image" "$work/image-names" || fail "image: a member is there twice, or is neither a plain file nor a folder"
ends "$image" || fail "image: there is something behind the end of the archive"
while IFS= read -r member; do
  case $member in
    blobs/ | blobs/sha256/ | index.json | manifest.json | oci-layout) ;;
    blobs/sha256/*[!0-9a-f]*) fail "image: $member does not belong into it" ;;
    blobs/sha256/*) ;;
    *) fail "image: $member does not belong into it" ;;
  esac
done <"$work/image-names"
mkdir "$work/image" && tar -xf "$image" -C "$work/image" || fail "image: the archive is damaged"
for blob in "$work"/image/blobs/sha256/*; do
  found=$(sha256sum <"$blob")
  [ "${found%% *}" = "${blob##*/}" ] || fail "image: blob ${blob##*/} does not have the digest it is named by"
done
# From the machine-readable block of the release notes.
digest_of() { # CONFIG-OR-MANIFEST
  while read -r what platform kind value more; do
    [ "$what $platform $kind" = "image linux/$arch $1" ] && printf '%s' "${value#sha256:}"
  done <RELEASE-NOTES.md
}
tarball=$(digest_of tarball)
config=$(digest_of config)
manifest=$(digest_of manifest)
[ "$tarball" = "${sum%% *}" ] || fail "image: its archive is not the published one"
[ -n "$config" ] && [ -f "$work/image/blobs/sha256/$config" ] || fail "image: its configuration is not the published one"
[ -n "$manifest" ] && [ -f "$work/image/blobs/sha256/$manifest" ] || fail "image: its manifest is not the published one"
for digest in "$config" "$manifest"; do
  named "sha256:$digest" || fail "image: release.json and the release notes name different images"
done
# `docker load` follows manifest.json or index.json: both lead to the published image, and no blob is left over.
text=$(cat "$work/image/blobs/sha256/$manifest")
for blob in "$work"/image/blobs/sha256/*; do
  case "$text sha256:$manifest" in
    *"sha256:${blob##*/}"*) ;;
    *) fail "image: blob ${blob##*/} does not belong to the published image" ;;
  esac
done
case $(cat "$work/image/manifest.json") in
  '[{"Config":"blobs/sha256/'"$config"'",'*'"Config"'*) fail "image: manifest.json names a second image" ;;
  '[{"Config":"blobs/sha256/'"$config"'",'*) ;;
  *) fail "image: manifest.json names another image" ;;
esac
case $(cat "$work/image/index.json") in
  *'"digest"'*'"digest"'*) fail "image: index.json names a second image" ;;
  *'"digest":"sha256:'"$manifest"'"'*) ;;
  *) fail "image: index.json names another image" ;;
esac
pass "image sha256:$config sha256:$manifest"

# 5. Bills of materials: those with the digests in release.json.
for bill in sbom-connector.cdx.json sbom-forge.cdx.json; do
  found=$(sha256sum <"$bill")
  named "\"sbomSha256\": \"${found%% *}\"" || fail "bill of materials: $bill is not the one of release.json"
done
pass "bills of materials"
printf 'PASS  %s\n' "$name"
