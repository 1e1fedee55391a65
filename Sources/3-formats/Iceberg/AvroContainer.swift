import Base

/// An Avro object container file: the values and the notes of its header.
///
/// Avro specification, "Object Container Files".
struct AvroContainer: Sendable {
    /// The header's texts by name, `avro.schema` among them.
    let notes: [String: [UInt8]]
    let values: [AvroValue]

    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: What messages call it.
    /// - Throws: `.corruptMetadata` naming the file, `.unsupported` for a codec other than null, deflate and snappy.
    init(_ bytes: [UInt8], name: String) throws(TarnError) {
        do { self = try Self.read(bytes, name) } catch let error as TarnError { throw error } catch {
            let reason = (error as? DamagedData)?.reason ?? "\(error)"
            throw IcebergFailure.damaged(name, reason)
        }
    }

    private init(notes: [String: [UInt8]], values: [AvroValue]) {
        self.notes = notes
        self.values = values
    }

    func text(_ note: String) -> String? { notes[note].map { String(decoding: $0, as: UTF8.self) } }

    private static func read(_ bytes: [UInt8], _ name: String) throws -> AvroContainer {
        guard bytes.starts(with: Array("Obj".utf8) + [1]) else { throw DamagedData("it is no Avro file") }
        var decoder = AvroDecoder(bytes, at: 4)
        guard case .map(let pairs) = try decoder.value(.map(.bytes)) else { throw DamagedData("no header") }
        let notes = Dictionary(
            pairs.map { ($0.name, $0.value.bytes ?? []) }, uniquingKeysWith: { _, last in last })
        let marker = Array(try decoder.take(16))
        guard let schema = notes["avro.schema"] else { throw DamagedData("it has no Avro schema") }
        let type = try AvroTypeReader.type(try JSONValue.parse(schema))
        let codec = notes["avro.codec"].map { String(decoding: $0, as: UTF8.self) } ?? "null"
        var values: [AvroValue] = []
        while !decoder.isAtEnd {
            let count = try decoder.long()
            let size = try decoder.long()
            let packed = try decoder.take(Int(clamping: size))
            guard Array(try decoder.take(16)) == marker else {
                throw DamagedData("a block does not end where it says")
            }
            var block = AvroDecoder(try unpack(packed, codec, name))
            for _ in 0..<max(0, count) { values.append(try block.value(type)) }
        }
        return AvroContainer(notes: notes, values: values)
    }

    private static func unpack(_ bytes: ArraySlice<UInt8>, _ codec: String, _ name: String) throws -> [UInt8]
    {
        switch codec {
        case "null": return Array(bytes)
        case "deflate": return try Inflate.deflate(bytes)
        // A checksum of the unpacked bytes follows the block.
        case "snappy": return try Snappy.unpack(bytes.dropLast(4))
        default:
            throw TarnError(
                .unsupported,
                "The Avro file \(name) is packed with \(codec); Tarn reads null, deflate and snappy.",
                context: [("path", name), ("codec", codec)])
        }
    }
}

enum IcebergFailure {
    static func damaged(_ name: String, _ reason: String) -> TarnError {
        TarnError(
            .corruptMetadata, "The Iceberg file \(name) cannot be read: \(reason).", context: [("path", name)]
        )
    }
}
