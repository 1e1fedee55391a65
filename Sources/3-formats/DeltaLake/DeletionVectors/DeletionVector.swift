package import Base
package import TableModel

/// The rows of a file that are deleted, as bytes: bitmap, file framing, descriptor.
///
/// ```swift
/// let file = DeletionVector.file([gone])                     // bytes to store
/// let place = file.places[0]
/// let descriptor = DeletionVector.descriptor(uuid: id, place) // for the add action
/// let rows = try DeletionVector.rows(inFile: file.bytes, descriptor)
/// ```
///
/// Delta protocol, "Deletion Vectors" and "Deletion Vector Format".
package enum DeletionVector {
    /// Before the bitmap: the portable serialisation follows.
    private static let magic: UInt32 = 1_681_511_377
    /// Before the form that early writers used, in either byte order.
    private static let oldMagic: UInt32 = 1_681_511_376
    /// The first byte of a file.
    private static let fileVersion: UInt8 = 1

    /// Where a vector lies in a file.
    package struct Place: Hashable, Sendable {
        /// Of the size field before the bitmap, from the beginning of the file.
        package let offset: Int64
        /// Of the bitmap with its magic number, without size field and checksum.
        package let byteCount: Int64
        /// Rows that are deleted.
        package let rowCount: Int64

        package init(offset: Int64, byteCount: Int64, rowCount: Int64) {
            self.offset = offset
            self.byteCount = byteCount
            self.rowCount = rowCount
        }

        /// How many bytes to read: size field, bitmap, checksum.
        var framedByteCount: Int64 { byteCount + 8 }
    }

    // MARK: Bitmap

    package static func encode(_ rows: RowBitmap) -> [UInt8] {
        var out: [UInt8] = []
        RoaringBytes.append(magic, to: &out)
        return out + RoaringBytes.encode(rows)
    }

    /// - Throws: `.corruptMetadata` for bytes that are no bitmap of the portable form.
    package static func decode(_ bytes: [UInt8]) throws(TarnError) -> RowBitmap {
        try decode(bytes[...], name: "A deletion vector")
    }

    private static func decode(_ bytes: ArraySlice<UInt8>, name: String) throws(TarnError) -> RowBitmap {
        do throws(DamagedBitmap) {
            guard bytes.count >= 4 else { throw DamagedBitmap("it ends too early") }
            let found = bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
            if found == oldMagic || found.byteSwapped == oldMagic {
                return try RoaringBytes.decodeOld(bytes.dropFirst(4), isBigEndian: found != oldMagic)
            }
            guard found == magic else { throw DamagedBitmap("it begins with \(found) instead of \(magic)") }
            return try RoaringBytes.decode(bytes.dropFirst(4))
        } catch { throw corrupt(name, error.reason) }
    }

    // MARK: Files

    /// A file of several vectors: a version byte, then for each its size, its bytes and their checksum.
    ///
    /// - Returns: The bytes, and where each vector lies in them, in order.
    package static func file(_ vectors: [RowBitmap]) -> (bytes: [UInt8], places: [Place]) {
        var bytes: [UInt8] = [fileVersion]
        var places: [Place] = []
        for rows in vectors {
            let data = encode(rows)
            places.append(
                Place(
                    offset: Int64(bytes.count), byteCount: Int64(data.count), rowCount: Int64(rows.count)))
            RoaringBytes.append(UInt32(data.count).byteSwapped, to: &bytes)
            bytes.append(contentsOf: data)
            RoaringBytes.append(CRC32.of(data[...]).byteSwapped, to: &bytes)
        }
        return (bytes, places)
    }

    /// The rows of a vector in a whole file.
    ///
    /// - Parameters:
    ///   - bytes: The file from its beginning.
    ///   - descriptor: Says where in it and how many rows.
    /// - Returns: The deleted rows.
    /// - Throws: `.corruptMetadata` naming the file where the version, size, checksum or number of rows is not right.
    package static func rows(
        inFile bytes: [UInt8], _ descriptor: DeletionVectorDescriptor
    ) throws(TarnError) -> RowBitmap {
        let name = "The deletion vector file \(path(of: descriptor)?.text ?? descriptor.pathOrInlineDv)"
        if bytes.first != fileVersion {
            throw corrupt(
                name, bytes.first.map { "it is of version \($0), and only 1 is known" } ?? "it is empty")
        }
        let offset = descriptor.offset ?? 1
        guard offset >= 1, offset <= Int64(bytes.count) else {
            throw corrupt(name, "it has \(bytes.count) bytes, and the vector should begin at \(offset)")
        }
        return try rows(framed: bytes[Int(offset)...], descriptor)
    }

    /// The rows of a vector from the bytes at its offset: size field, bitmap, checksum; more may follow.
    ///
    /// - Throws: As `rows(inFile:_:)`.
    package static func rows(
        framed bytes: ArraySlice<UInt8>, _ descriptor: DeletionVectorDescriptor
    ) throws(TarnError) -> RowBitmap {
        let name = "The deletion vector file \(path(of: descriptor)?.text ?? descriptor.pathOrInlineDv)"
        guard bytes.count >= 8 else { throw corrupt(name, "it ends before the vector does") }
        func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
            bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
        let size = Int64(bigEndian(bytes))
        guard size == descriptor.sizeInBytes else {
            throw corrupt(
                name, "the vector has \(size) bytes there, and the log says \(descriptor.sizeInBytes)")
        }
        guard Int64(bytes.count) >= size + 8 else { throw corrupt(name, "it ends before the vector does") }
        let data = bytes.dropFirst(4).prefix(Int(size))
        let (found, wanted) = (CRC32.of(data), bigEndian(bytes.dropFirst(4 + Int(size))))
        guard found == wanted else { throw corrupt(name, "the vector's checksum is wrong") }
        return try checked(try decode(data, name: name), descriptor, name)
    }

    private static func checked(
        _ rows: RowBitmap, _ descriptor: DeletionVectorDescriptor, _ name: String
    ) throws(TarnError) -> RowBitmap {
        if Int64(rows.count) == descriptor.cardinality { return rows }
        throw corrupt(
            name, "the vector names \(rows.count) rows, and the log says \(descriptor.cardinality)")
    }

    static func corrupt(_ name: String, _ reason: String) -> TarnError {
        TarnError(
            .corruptMetadata,
            "\(name) is damaged: \(reason). Restore it from a copy, or read an older version of the table.")
    }

    // MARK: Descriptors

    /// A vector within the log itself, for a handful of rows.
    package static func inline(_ rows: RowBitmap) -> DeletionVectorDescriptor {
        let bytes = encode(rows)
        return DeletionVectorDescriptor(
            storageType: "i", pathOrInlineDv: Base85.encode(bytes), offset: nil,
            sizeInBytes: Int64(bytes.count), cardinality: Int64(rows.count))
    }

    /// The rows of a vector that the log itself holds; `nil` where it lies in a file.
    ///
    /// - Throws: `.corruptMetadata` for damaged text, a wrong size, or a wrong number of rows.
    package static func inlineRows(
        _ descriptor: DeletionVectorDescriptor
    ) throws(TarnError) -> RowBitmap? {
        guard descriptor.storageType == "i" else { return nil }
        let name = "A deletion vector in the log"
        guard let bytes = Base85.decode(descriptor.pathOrInlineDv) else {
            throw corrupt(name, "its text is not Base85")
        }
        // The text is filled up to a multiple of four bytes.
        guard descriptor.sizeInBytes >= 0, descriptor.sizeInBytes <= bytes.count,
            bytes.count - Int(descriptor.sizeInBytes) < 4
        else {
            throw corrupt(
                name, "it has \(bytes.count) bytes, and the log says \(descriptor.sizeInBytes)")
        }
        let rows = try decode(bytes.prefix(Int(descriptor.sizeInBytes)), name: name)
        return try checked(rows, descriptor, name)
    }

    /// The name of the file with that id, in the table's folder.
    package static func fileName(uuid: String) -> String { "deletion_vector_\(uuid).bin" }

    /// Names a vector of the file `fileName(uuid:)`.
    ///
    /// - Parameters:
    ///   - uuid: With dashes.
    ///   - place: Where in the file.
    ///   - prefix: The folder within the table's folder; none by default.
    /// - Returns: The descriptor; `nil` if the text is no UUID.
    package static func descriptor(
        uuid: String, _ place: Place, prefix: String = ""
    ) -> DeletionVectorDescriptor? {
        guard let id = Base85.encode(uuid: uuid) else { return nil }
        return DeletionVectorDescriptor(
            storageType: "u", pathOrInlineDv: prefix + id, offset: place.offset,
            sizeInBytes: place.byteCount, cardinality: place.rowCount)
    }

    /// Where a vector's file lies.
    package enum Path: Hashable, Sendable {
        /// Below the table's folder.
        case relative(String)
        /// A URL or an absolute path, percent-decoded.
        case absolute(String)

        package var text: String {
            switch self {
            case .relative(let text), .absolute(let text): text
            }
        }
    }

    /// The file of a descriptor; `nil` for an inline vector, and for a descriptor of no known form.
    package static func path(of descriptor: DeletionVectorDescriptor) -> Path? {
        switch descriptor.storageType {
        case "u":
            let text = descriptor.pathOrInlineDv
            guard let uuid = Base85.decodeUUID(text.suffix(20)) else { return nil }
            let prefix = text.dropLast(20)
            return .relative((prefix.isEmpty ? "" : prefix + "/") + fileName(uuid: uuid))
        case "p": return .absolute(PathEncoding.decode(descriptor.pathOrInlineDv))
        default: return nil
        }
    }
}
