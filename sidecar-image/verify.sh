#!/bin/sh
# Checks a kit of the ChefStackZ Connector for Zammad offline. Needs sha256sum, tar and ssh-keygen, nothing else.
#
#   sh verify.sh KIT.tar ALLOWED_SIGNERS
#
# KIT.tar.sig lies beside the kit. ALLOWED_SIGNERS is the key file as published at chefstackz.com: take it from there, once,
# not from where the kit came from. Take this script from there too; the one in the kit is for comparison.
# Ends with 0 and a line "PASS" if everything is as it was released, else with 1 and a line "FAIL" that says what is not.
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
# It is used from within the kit's folder, too.
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

# 1. The archive as a whole. Whatever was changed in it, this finds it; the rest says what.
[ -f "$kit.sig" ] || fail "signature: there is no $name.sig beside the kit"
signed "$kit" "$kit.sig" || fail "signature of the archive: not one of $identity's over these bytes"
pass "signature of the archive"

# 2. Members: one folder, the known files in it, nothing that leads elsewhere.
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
tar -tvf "$kit" 2>/dev/null | while IFS= read -r line; do
  case $line in
    -* | d*) ;;
    *) exit 1 ;;
  esac
done || fail "members: one is neither a file nor a folder"
mkdir "$work/kit" && tar -xf "$kit" -C "$work/kit" || fail "members: the archive cannot be unpacked"
cd "$work/kit/$folder" || fail "members: there is no folder $folder"
pass "members of the archive"

# 3. Sums: every file has one, every one is right, and they are signed.
[ -f SHA256SUMS ] && [ -f SHA256SUMS.sig ] || fail "members: SHA256SUMS or its signature is missing"
for file in OPERATOR-GUIDE.md RELEASE-NOTES.md THIRD-PARTY-LICENCES.txt compose.yaml connector.env.example release.json \
  sbom-connector.cdx.json sbom-forge.cdx.json verify.sh "$image"; do
  [ -f "$file" ] || fail "members: $file is missing"
  listed=
  while read -r sum entry; do
    [ "$entry" = "$file" ] && listed=$sum
  done <SHA256SUMS
  found=$(sha256sum <"$file")
  [ "${found%% *}" = "$listed" ] || fail "sums: $file is not what SHA256SUMS says"
done
sha256sum --check --strict --quiet SHA256SUMS >/dev/null 2>&1 || fail "sums: SHA256SUMS lists something that is not in the kit"
pass "sums of the files"
signed SHA256SUMS SHA256SUMS.sig || fail "signature of SHA256SUMS: not one of $identity's over these bytes"
pass "signature of SHA256SUMS"

# 4. The image: its blobs have the digests they are named by, and the published ones are among them.
mkdir "$work/image" && tar -xf "$image" -C "$work/image" || fail "image: the archive is damaged"
for blob in "$work"/image/blobs/sha256/*; do
  found=$(sha256sum <"$blob")
  [ "${found%% *}" = "${blob##*/}" ] || fail "image: blob ${blob##*/} does not have the digest it is named by"
done
# From the notes' block, which is made for this.
digest_of() { # CONFIG-OR-MANIFEST
  while read -r what platform kind value more; do
    [ "$what $platform $kind" = "image linux/$arch $1" ] && printf '%s' "${value#sha256:}"
  done <RELEASE-NOTES.md
}
config=$(digest_of config)
manifest=$(digest_of manifest)
[ -n "$config" ] && [ -f "$work/image/blobs/sha256/$config" ] || fail "image: its configuration is not the published one"
[ -n "$manifest" ] && [ -f "$work/image/blobs/sha256/$manifest" ] || fail "image: its manifest is not the published one"
for digest in "$config" "$manifest"; do
  named "sha256:$digest" || fail "image: release.json and the release notes name different images"
done
pass "image sha256:$config sha256:$manifest"

# 5. Bills of materials: the ones that release.json names.
for bill in sbom-connector.cdx.json sbom-forge.cdx.json; do
  found=$(sha256sum <"$bill")
  named "\"sbomSha256\": \"${found%% *}\"" || fail "bill of materials: $bill is not the one of release.json"
done
pass "bills of materials"
printf 'PASS  %s\n' "$name"
