internal import Base
internal import Foundation

/// What a journal's file holds: a header and lines.
///
///     tarn-audit 1 <chain> <first sequence> <hash before it>
///     <hash> [1,"<chain>",...]
struct JournalSegment: Sendable {
    var chain: String
    var firstSequence: Int64
    var previous: AuditHash
    var lines: [AuditLine]
    /// The place in `lines` before which something stands that is no line; `nil` if all can be read.
    var damage: Int?

    static func header(_ chain: String, _ first: Int64, _ previous: AuditHash) -> [UInt8] {
        Array("tarn-audit 1 \(chain) \(first) \(previous)\n".utf8)
    }

    /// Reads the file as it is now, another process may be writing it.
    ///
    /// What follows the last newline was never answered for: a crash may have cut it.
    ///
    /// - Returns: `nil` if the file is not there (any more), or has no whole header yet.
    /// - Throws: `.storage` if it cannot be read, `.corruptMetadata` if its header is damaged.
    static func read(_ path: String) throws -> JournalSegment? {
        let data: Data
        do { data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped) } catch {
            if !FileManager.default.fileExists(atPath: path) { return nil }
            throw TarnError(.storage, "Cannot read a journal of the audit log.", cause: error)
        }
        return try parse([UInt8](data))
    }

    static func parse(_ bytes: [UInt8]) throws -> JournalSegment? {
        guard let headerEnd = bytes.firstIndex(of: 0x0A) else { return nil }
        let words = String(decoding: bytes[..<headerEnd], as: UTF8.self).split(separator: " ")
        guard words.count == 5, words[0] == "tarn-audit", words[1] == "1", let first = Int64(words[3]),
            let previous = AuditHash(hex: String(words[4]))
        else {
            throw TarnError(.corruptMetadata, "The first line of a journal of the audit log is damaged.")
        }
        var segment = JournalSegment(
            chain: String(words[2]), firstSequence: first, previous: previous, lines: [])
        var start = headerEnd + 1
        while start < bytes.count, let end = bytes[start...].firstIndex(of: 0x0A) {
            if let line = AuditLine(journal: bytes[start..<end]) {
                segment.lines.append(line)
            } else if segment.damage == nil {
                segment.damage = segment.lines.count
            }
            start = end + 1
        }
        return segment
    }
}

extension JournalSegment {
    /// Whether each line follows the one before it; their hashes are not looked at.
    var isContiguous: Bool {
        lines.enumerated().allSatisfy {
            $0.element.chain == chain && $0.element.sequence == firstSequence + Int64($0.offset)
        }
    }
}
