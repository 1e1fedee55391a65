import Base

/// The table properties that say how data files are written.
struct WriteProperties {
    private let values: [String: String]

    init(_ configuration: [String: String]) { values = configuration }

    /// The codec as the engine calls it; snappy by default.
    ///
    /// - Throws: `.invalidInput` for a codec that no reader would know.
    func compression() throws(TarnError) -> String {
        let codec = (values["delta.parquet.compression.codec"] ?? "snappy").lowercased()
        switch codec {
        case "snappy", "zstd", "gzip", "brotli", "uncompressed", "lz4_raw": return codec
        case "lz4": return "lz4_raw"
        case "none": return "uncompressed"
        default:
            throw TarnError(
                .invalidInput,
                "The table property delta.parquet.compression.codec is '\(codec)'. Use snappy, zstd, gzip, brotli, lz4 or uncompressed.",
                context: [("property", "delta.parquet.compression.codec")])
        }
    }

    /// Default 512 MiB.
    var targetFileBytes: Int64 { values["delta.targetFileSize"].flatMap(Self.byteCount) ?? 512 << 20 }

    /// `134217728`, `128mb` or `1gb`.
    static func byteCount(_ text: String) -> Int64? {
        let lowered = text.lowercased().replacing(" ", with: "")
        for (suffix, factor) in [
            ("gb", 1 << 30), ("mb", 1 << 20), ("kb", 1 << 10), ("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10),
            ("b", 1),
        ]
        where lowered.hasSuffix(suffix) {
            guard let number = Int64(lowered.dropLast(suffix.count)), number > 0, number < 1 << 32 else {
                return nil
            }
            return number * Int64(factor)
        }
        return Int64(lowered).flatMap { $0 > 0 ? $0 : nil }
    }
}
