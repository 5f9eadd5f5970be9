"""Checks one leaf of an Aitta directory's log, with a hash and a signature and nothing of Aitta's.
Usage: check_log.py FOLDER INDEX NAME=KEY NAME=KEY...
FOLDER has `checkpoint` and `tile/` as a directory serves them; the first key is the log's, the others are its witnesses'.
"""
import base64
import hashlib
import pathlib
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(data):
    return hashlib.sha256(data).digest()


def signature(signatures, name, key, algorithm):
    # A key's id says who signs and how (C2SP signed-note).
    key_id = sha(name.encode() + b"\n" + bytes([algorithm]) + key)[:4]
    return next((blob[4:] for other, blob in signatures if other == name and blob[:4] == key_id), None)


def path(kind, number, width):
    digits = f"{number:03d}" if number < 1000 else f"x{number // 1000:03d}/{number % 1000:03d}"
    return f"tile/{kind}/{digits}" + (f".p/{width}" if width < 256 else "")


def root(hashes):  # RFC 6962, 2.1
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\x01" + root(hashes[:split]) + root(hashes[split:]))


folder, index = pathlib.Path(sys.argv[1]), int(sys.argv[2])
keys = [(name, base64.b64decode(key)) for name, key in (word.split("=", 1) for word in sys.argv[3:])]
text, lines = (folder / "checkpoint").read_text().rsplit("\n\n", 1)
text += "\n"
signatures = [(name, base64.b64decode(blob)) for _, name, blob in map(str.split, lines.splitlines())]
origin, size, checkpoint_root = text.splitlines()
size, checkpoint_root = int(size), base64.b64decode(checkpoint_root)
name, key = keys[0]
blob = signature(signatures, name, key, 0x01)
assert name == origin and blob, "the log's signature is missing"
Ed25519PublicKey.from_public_bytes(key).verify(blob, text.encode())
for name, key in keys[1:]:
    assert (blob := signature(signatures, name, key, 0x04)), f"the witness {name} did not cosign"
    (time,) = struct.unpack(">Q", blob[:8])
    Ed25519PublicKey.from_public_bytes(key).verify(blob[8:], f"cosignature/v1\ntime {time}\n{text}".encode())

leaves = [(folder / path(0, n, min(256, size - n * 256))).read_bytes() for n in range((size + 255) // 256)]
hashes = [tile[at:at + 32] for tile in leaves for at in range(0, len(tile), 32)]
assert len(hashes) == size and root(hashes) == checkpoint_root, "the tiles do not lead to the checkpoint's root"
bundle = (folder / path("entries", index // 256, min(256, size - index // 256 * 256))).read_bytes()
for _ in range(index % 256):
    bundle = bundle[2 + struct.unpack(">H", bundle[:2])[0]:]
leaf = bundle[2:2 + struct.unpack(">H", bundle[:2])[0]]
assert sha(b"\x00" + leaf) == hashes[index], "the leaf is not included"
print(f"leaf {index} of {size} is in the log of {origin}, which {len(keys) - 1} witnesses saw")
