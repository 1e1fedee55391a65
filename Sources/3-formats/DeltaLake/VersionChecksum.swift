package import Base

/// The version checksum `.crc`: what a version must come to, written beside its commit.
///
/// Lets a reader notice a log that was tampered with or damaged, and know protocol and metadata before it has replayed
/// anything. Delta protocol, "Version Checksum File". The parts that cost a pass over all files are not written.
package struct VersionChecksum: Sendable {
    package var byteCount: Int64
    package var fileCount: Int64
    package var tableProtocol: TableProtocol?
    package var metadata: TableMetadata?
    package var inCommitMilliseconds: Int64?
    /// `nil` where the writer left them out.
    package var transactions: [SetTransaction]?
    /// Without the removed ones; `nil` where the writer left them out.
    package var domains: [DomainMetadata]?
    package var transactionID: String?

    /// What a snapshot comes to.
    package init(_ snapshot: DeltaSnapshot, transactionID: String? = nil) {
        byteCount = snapshot.byteCount
        fileCount = Int64(snapshot.fileCount)
        tableProtocol = snapshot.tableProtocol
        metadata = snapshot.metadata
        if TableFeatures.isActive("inCommitTimestamp", snapshot) {
            inCommitMilliseconds = snapshot.timestampMilliseconds
        }
        transactions = snapshot.transactions.values.sorted { $0.appID < $1.appID }
        domains = snapshot.domains.values.sorted { $0.domain < $1.domain }
        self.transactionID = transactionID
    }

    /// `nil` for a file that is no whole checksum: one that a crash cut short is as good as none.
    package init?(_ bytes: [UInt8]) {
        guard let parsed = try? bytes.withUnsafeBufferPointer({ try Self.scan($0) }) else { return nil }
        self = parsed
    }

    private init(byteCount: Int64, fileCount: Int64) {
        self.byteCount = byteCount
        self.fileCount = fileCount
    }

    private static func scan(_ bytes: UnsafeBufferPointer<UInt8>) throws -> VersionChecksum {
        var scanner = ByteScanner(bytes)
        var (byteCount, fileCount): (Int64?, Int64?) = (nil, nil)
        var found = VersionChecksum(byteCount: 0, fileCount: 0)
        // Actions are read by the one who knows them: each as the only one of a commit.
        func action(_ kind: String, _ text: UnsafeBufferPointer<UInt8>) throws(ScanFailure) -> ParsedCommit {
            let line = Array("{\"\(kind)\":".utf8) + Array(text) + [UInt8(ascii: "}")]
            do { return try CommitFile.parse(line, version: 0) } catch {
                throw ScanFailure(message: error.message, offset: 0)
            }
        }
        try scanner.members { scanner, name throws(ScanFailure) in
            switch scanner.nameText(name) {
            case "tableSizeBytes": byteCount = try scanner.int64()
            case "numFiles": fileCount = try scanner.int64()
            case "inCommitTimestampOpt": found.inCommitMilliseconds = try scanner.int64()
            case "txnId": found.transactionID = try scanner.text()
            case "protocol":
                found.tableProtocol = try action("protocol", scanner.slice(try scanner.skipValue()))
                    .protocolAction
            case "metadata":
                found.metadata = try action("metaData", scanner.slice(try scanner.skipValue())).metadata
            case "setTransactions":
                var all: [SetTransaction] = []
                try scanner.items { text throws(ScanFailure) in
                    all += try action("txn", text).transactions
                }
                found.transactions = all
            case "domainMetadata":
                var all: [DomainMetadata] = []
                try scanner.items { text throws(ScanFailure) in
                    all += try action("domainMetadata", text).domains
                }
                found.domains = all
            default: try scanner.skipValue()
            }
        }
        guard let byteCount, let fileCount, scanner.peek() == nil else {
            throw ScanFailure(message: "no checksum", offset: 0)
        }
        found.byteCount = byteCount
        found.fileCount = fileCount
        return found
    }

    /// One JSON object.
    package var bytes: [UInt8] {
        var out: [UInt8] = []
        func begin(_ name: StaticString) {
            ActionWriter.add(out.isEmpty ? "{\"" : ",\"", &out)
            ActionWriter.add(name, &out)
            ActionWriter.add("\":", &out)
        }
        func list<T>(_ name: StaticString, _ items: [T], _ write: (T, inout [UInt8]) -> Void) {
            begin(name)
            ActionWriter.add("[", &out)
            for (index, item) in items.enumerated() {
                if index > 0 { ActionWriter.add(",", &out) }
                write(item, &out)
            }
            ActionWriter.add("]", &out)
        }
        if let transactionID {
            begin("txnId")
            appendJSONString(transactionID, to: &out)
        }
        begin("tableSizeBytes")
        ActionWriter.add(byteCount, &out)
        begin("numFiles")
        ActionWriter.add(fileCount, &out)
        begin("numMetadata")
        ActionWriter.add("1", &out)
        begin("numProtocol")
        ActionWriter.add("1", &out)
        if let inCommitMilliseconds {
            begin("inCommitTimestampOpt")
            ActionWriter.add(inCommitMilliseconds, &out)
        }
        if let transactions { list("setTransactions", transactions) { ActionWriter.write($0, &$1) } }
        if let domains { list("domainMetadata", domains) { ActionWriter.write($0, &$1) } }
        if let metadata {
            begin("metadata")
            ActionWriter.write(metadata, &out)
        }
        if let tableProtocol {
            begin("protocol")
            ActionWriter.write(tableProtocol, &out)
        }
        ActionWriter.add("}", &out)
        return out
    }

    /// Holds a snapshot of the same version against the checksum.
    ///
    /// - Parameters:
    ///   - snapshot: As the log gave it.
    ///   - fileName: The checksum's own name, for the message.
    /// - Throws: `.corruptMetadata` naming the file and what differs.
    package func check(_ snapshot: DeltaSnapshot, fileName: String) throws(TarnError) {
        var differences: [String] = []
        // A log that never named a file has nothing to count by: other readers take such a table as it is.
        let namesFiles = snapshot.fileCount > 0 || snapshot.files.tombstoneCount > 0
        if namesFiles, fileCount != Int64(snapshot.fileCount) {
            differences.append("\(fileCount) files, and the log gives \(snapshot.fileCount)")
        }
        if namesFiles, byteCount != snapshot.byteCount {
            differences.append("\(byteCount) bytes, and the log gives \(snapshot.byteCount)")
        }
        if let metadata, metadata.id != snapshot.metadata.id {
            differences.append("the table id \(metadata.id), and the log gives \(snapshot.metadata.id)")
        }
        if let metadata, metadata.schemaString != snapshot.metadata.schemaString {
            differences.append("another schema than the log gives")
        }
        if let tableProtocol, !tableProtocol.supportsTheSame(as: snapshot.tableProtocol) {
            differences.append("another protocol than the log gives")
        }
        if differences.isEmpty { return }
        throw TarnError(
            .corruptMetadata,
            """
            The checksum _delta_log/\(fileName) says that version \(snapshot.version) has \
            \(differences.joined(separator: "; ")). A log file was changed, lost or damaged: restore the log from a \
            copy, or remove the checksum if it is the checksum that is wrong.
            """,
            context: [("file", "_delta_log/\(fileName)"), ("version", "\(snapshot.version)")])
    }
}

extension TableProtocol {
    /// Equal but for the order of the features.
    fileprivate func supportsTheSame(as other: TableProtocol) -> Bool {
        minReaderVersion == other.minReaderVersion && minWriterVersion == other.minWriterVersion
            && Set(readerFeatures ?? []) == Set(other.readerFeatures ?? [])
            && Set(writerFeatures ?? []) == Set(other.writerFeatures ?? [])
    }
}

extension ByteScanner {
    /// Calls `body` with the text of each item of an array.
    fileprivate mutating func items(
        _ body: (UnsafeBufferPointer<UInt8>) throws(ScanFailure) -> Void
    ) throws(ScanFailure) {
        try expect(UInt8(ascii: "["))
        if take(UInt8(ascii: "]")) { return }
        repeat { try body(slice(try skipValue())) } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }
}
