"""Zip archives against Python's zipfile: members of every kind that it writes, and traps that must end in one clear line."""

import io
import random
import struct
import zipfile

import pytest

from probe import InputError, seeded


class Stream(io.RawIOBase):
    """A file that cannot seek: zipfile then writes sizes and CRC behind each member (data descriptors)."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, block):
        self.data += bytes(block)
        return len(block)


def content(rng):
    size = rng.choice((0, 1, 100, 5000, 70000))
    return rng.randbytes(size) if rng.random() < 0.5 else b"abc" * (size // 3)


def archive_of(members, compression=zipfile.ZIP_DEFLATED, stream=False, zip64=False):
    out = Stream() if stream else io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            with archive.open(name, "w", force_zip64=zip64) as member:
                member.write(data)
    return bytes(out.data) if stream else out.getvalue()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("zip64", [False, True])
def test_reads_what_zipfile_writes(probe, tmp_path, compression, stream, zip64):
    rng = seeded()
    for _ in range(5):
        members = {f"folder/{i}.bin": content(rng) for i in range(rng.randint(1, 5))} | {"\u00e9\u4e2d": content(rng)}
        (tmp_path / "a.zip").write_bytes(archive_of(members, compression, stream, zip64))
        assert [bytes.fromhex(name).decode() for name in probe("zip_names", tmp_path / "a.zip")] == list(members)
        for name, data in members.items():
            assert probe("zip_read", tmp_path / "a.zip", name) == [data.hex()]


def test_names_are_only_names(probe, tmp_path):
    """Members are read by name into memory; a name is never a path on disk."""
    members = {name: name.encode() for name in ("../../etc/passwd", "/etc/passwd", "a/../b", "C:\\x", ".", "a//b", "folder/")}
    (tmp_path / "a.zip").write_bytes(archive_of(members))
    for name, data in members.items():
        assert probe("zip_read", tmp_path / "a.zip", name) == [data.hex()]


def test_empty_archive(probe, tmp_path):
    (tmp_path / "a.zip").write_bytes(archive_of({}))
    assert probe("zip_names", tmp_path / "a.zip") == [""]
    with pytest.raises(InputError, match="a.zip: no member 'x'; the archive holds nothing"):
        probe("zip_read", tmp_path / "a.zip", "x")


def test_missing_member_lists_what_there_is(probe, tmp_path):
    (tmp_path / "a.zip").write_bytes(archive_of({f"m{i}": b"" for i in range(12)}))
    with pytest.raises(InputError, match="no member 'x'; the archive holds 'm0', 'm1', .*'m9', ... .12 in all."):
        probe("zip_read", tmp_path / "a.zip", "x")


def test_no_archive(probe, tmp_path):
    with pytest.raises(InputError, match="cannot read '.*none.zip': No such file"):
        probe("zip_names", tmp_path / "none.zip")
    with pytest.raises(InputError, match="cannot read '.*': Is a directory"):
        probe("zip_names", tmp_path)
    for data in (b"", b"P", b"hello, this is text", b"\x89HDF\r\n\x1a\n"):
        (tmp_path / "a.zip").write_bytes(data)
        with pytest.raises(InputError, match="a.zip: not a zip archive"):
            probe("zip_names", tmp_path / "a.zip")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_wrong_crc(probe, tmp_path, compression):
    data = bytearray(archive_of({"x": bytes(range(200))}, compression))
    if compression == zipfile.ZIP_STORED:
        data[60] ^= 1  # in the member's data
    else:
        for at in (data.index(b"PK\1\2") + 16, 14):  # the CRC in both headers
            data[at] ^= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="a.zip: member 'x': damaged: CRC error"):
        probe("zip_read", tmp_path / "a.zip", "x")


def test_every_truncation_is_refused(probe, tmp_path):
    whole = archive_of({"x": b"hello " * 20, "y": b"1"})
    for length in range(len(whole)):
        (tmp_path / "a.zip").write_bytes(whole[:length])
        with pytest.raises(InputError):
            probe("zip_names", tmp_path / "a.zip")


def test_encrypted(probe, tmp_path):
    data = bytearray(archive_of({"x": b"hello"}, zipfile.ZIP_STORED))
    for at in (data.index(b"PK\1\2") + 8, 6):  # general purpose flags, bit 0
        data[at] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="member 'x': is encrypted"):
        probe("zip_read", tmp_path / "a.zip", "x")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(probe, tmp_path, compression):
    (tmp_path / "a.zip").write_bytes(archive_of({"x": b"hello" * 100}, compression))
    with pytest.raises(InputError, match="member 'x': compression method (12|14); expected stored or deflated"):
        probe("zip_read", tmp_path / "a.zip", "x")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(probe, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "one")
        archive.writestr("x", "two")
    with pytest.raises(InputError, match="a.zip: two members have the same name"):
        probe("zip_names", tmp_path / "a.zip")


def test_limit(probe, tmp_path):
    (tmp_path / "a.zip").write_bytes(archive_of({"x": bytes(1000)}))
    assert probe("zip_read", tmp_path / "a.zip", "x", 1000) == [bytes(1000).hex()]
    with pytest.raises(InputError, match="member 'x': is 1000 bytes; at most 999 are read"):
        probe("zip_read", tmp_path / "a.zip", "x", 999)


def test_bomb(probe, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x", "w") as member:
        for _ in range(80):
            member.write(bytes(1 << 20))
    with pytest.raises(InputError, match="member 'x': unpacks [0-9]+ bytes to 83886080; more than 100 times"):
        probe("zip_read", tmp_path / "a.zip", "x")


@pytest.mark.parametrize("declared", [0, 5, 99, 101, 4000, 0x7FFFFFFF, 0xFFFFFFFE])
def test_wrong_declared_size(probe, tmp_path, declared):
    data = bytearray(archive_of({"x": random.Random(1).randbytes(100)}))
    for at in (data.index(b"PK\1\2") + 24, 22):  # uncompressed size in both headers
        data[at:at + 4] = struct.pack("<I", declared)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="a.zip: "):
        probe("zip_read", tmp_path / "a.zip", "x")
