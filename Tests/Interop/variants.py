"""Variants in Parquet's binary form, read by the letter of the format: an independent check of what Tarn shows.

Parquet, "Variant Binary Encoding". Only the kinds that the golden tables hold.
"""

import struct


def decode(metadata, value):
    """The Python value of a variant's two binary parts."""
    width = (metadata[0] >> 6) + 1

    def number(data, at, size):
        return int.from_bytes(data[at:at + size], "little")

    count = number(metadata, 1, width)
    starts = [number(metadata, 1 + width * (1 + i), width) for i in range(count + 1)]
    text = 1 + width * (count + 2)
    names = [metadata[text + a:text + b].decode() for a, b in zip(starts, starts[1:])]
    return Reader(value, names, number).value(0)


class Reader:
    def __init__(self, data, names, number):
        self.data, self.names, self.number = data, names, number

    def value(self, at):
        head = self.data[at]
        kind, info = head & 3, head >> 2
        if kind == 1:
            return self.data[at + 1:at + 1 + info].decode()
        if kind == 0:
            return self.primitive(info, at + 1)
        offset_width = (info & 3) + 1
        is_large = info >> (4 if kind == 2 else 2) & 1
        count = self.number(self.data, at + 1, 4 if is_large else 1)
        place = at + 1 + (4 if is_large else 1)
        names = []
        if kind == 2:
            id_width = (info >> 2 & 3) + 1
            names = [self.names[self.number(self.data, place + i * id_width, id_width)] for i in range(count)]
            place += count * id_width
        starts = [self.number(self.data, place + i * offset_width, offset_width) for i in range(count)]
        base = place + (count + 1) * offset_width
        values = [self.value(base + start) for start in starts]
        return dict(zip(names, values)) if kind == 2 else values

    def primitive(self, kind, at):
        if kind in (0, 1, 2):
            return {0: None, 1: True, 2: False}[kind]
        if kind in (3, 4, 5, 6):
            return int.from_bytes(self.data[at:at + (1, 2, 4, 8)[kind - 3]], "little", signed=True)
        if kind == 7:
            return struct.unpack("<d", self.data[at:at + 8])[0]
        if kind == 16:
            size = self.number(self.data, at, 4)
            return self.data[at + 4:at + 4 + size].decode()
        raise ValueError(f"no golden table has a variant of kind {kind}")


def plain(value):
    """An Arrow row's value with every variant in it decoded, and maps as dictionaries."""
    if isinstance(value, dict):
        if set(value) == {"metadata", "value"} and isinstance(value["value"], bytes):
            return decode(value["metadata"], value["value"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, tuple) for item in value):
            return {key: plain(item) for key, item in value}
        return [plain(item) for item in value]
    return value
