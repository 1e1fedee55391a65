package import Base

/// Reads a commit file: JSON objects one after the other, usually one a line.
///
/// ```swift
/// let commits = try await store.mapEach(paths) { index, bytes in
///     try CommitFile.parse(bytes, version: first + Int64(index))
/// }
/// ```
///
/// One pass over the bytes; each commit by itself, so many can be read at once. Unknown actions and fields are passed
/// over, as the protocol demands. Delta protocol, "Delta Log Entries" and "Actions".
package enum CommitFile {
    /// The actions of a commit, of a compacted file, or of a checkpoint in JSON.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - version: The version it belongs to.
    ///   - fileName: For messages; the commit's own name by default.
    ///   - keepsCommitInfo: Whether `commitInfo` is kept; opening a table has no use for it.
    /// - Returns: The actions, in the order of the file.
    /// - Throws: `.corruptMetadata` with file and line for text that is not UTF-8, not JSON or lacks what an action
    ///   must have.
    package static func parse(
        _ bytes: [UInt8], version: Int64, fileName: String? = nil, keepsCommitInfo: Bool = false
    ) throws(TarnError) -> ParsedCommit {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<ParsedCommit, ScanFailure> in
            do throws(ScanFailure) {
                try checkUTF8(buffer)
                var parser = CommitParser(buffer, version: version, keepsCommitInfo: keepsCommitInfo)
                defer { parser.writer.deallocate() }
                return .success(try parser.parse())
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let commit): return commit
        case .failure(let failure):
            throw corrupt(failure, bytes, fileName ?? LogFileName.commit(version).text)
        }
    }

    private static func corrupt(_ failure: ScanFailure, _ bytes: [UInt8], _ fileName: String) -> TarnError {
        let offset = min(failure.offset, bytes.count)
        let line = bytes[..<offset].count { $0 == 0x0A } + 1
        return TarnError(
            .corruptMetadata,
            """
            _delta_log/\(fileName) is damaged at line \(line), byte \(offset): \(failure.message). Restore the \
            file from a copy, or read an older version.
            """,
            context: [("file", "_delta_log/\(fileName)"), ("line", "\(line)")])
    }
}

/// Checks the encoding at once for the whole text, so that no reader behind has to.
private func checkUTF8(_ bytes: UnsafeBufferPointer<UInt8>) throws(ScanFailure) {
    // Texts are found by 32-bit places, and the parser may write each three times.
    if bytes.count > 1 << 30 { throw ScanFailure(message: "the file is larger than 1 GiB", offset: 0) }
    var index = 0
    if let base = bytes.baseAddress {
        let raw = UnsafeRawPointer(base)
        while index + 8 <= bytes.count,
            raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            index += 8
        }
    }
    // Up to `index` all is ASCII, so a character cannot straddle it.
    let rest = UnsafeBufferPointer(rebasing: bytes[index...])
    if rest.allSatisfy({ $0 < 0x80 }) { return }
    do {
        _ = try UTF8Span(validating: rest.span)
    } catch {
        throw ScanFailure(message: "the text is not UTF-8", offset: index + error.byteOffsets.lowerBound)
    }
}

struct CommitParser {
    var scanner: ByteScanner
    var writer: FileBlockWriter
    let keepsCommitInfo: Bool
    let version: Int64
    var commit: ParsedCommit

    init(_ bytes: UnsafeBufferPointer<UInt8>, version: Int64, keepsCommitInfo: Bool) {
        scanner = ByteScanner(bytes)
        // Each text of an action is written at most three times (itself, its key, the whole action), and a key is
        // at most 16 bytes longer than the action's text.
        writer = FileBlockWriter(capacity: 3 * bytes.count + 64)
        self.version = version
        self.keepsCommitInfo = keepsCommitInfo
        commit = ParsedCommit(version: version, files: FileBlock(bytes: [], records: []))
    }

    mutating func parse() throws(ScanFailure) -> ParsedCommit {
        while scanner.peek() != nil {
            if try scanner.beginObject() {
                repeat { try action() } while try scanner.nextMember()
            }
        }
        var result = ParsedCommit(version: version, files: writer.block())
        result.protocolAction = commit.protocolAction
        result.metadata = commit.metadata
        result.transactions = commit.transactions
        result.domains = commit.domains
        result.changeFiles = commit.changeFiles
        result.sidecars = commit.sidecars
        result.commitInfoBytes = commit.commitInfoBytes
        result.inCommitMilliseconds = commit.inCommitMilliseconds
        return result
    }

    private mutating func action() throws(ScanFailure) {
        let name = try scanner.memberName()
        if try scanner.takeNull() { return }
        if scanner.isName(name, "add") {
            try fileAction(isRemove: false)
        } else if scanner.isName(name, "remove") {
            try fileAction(isRemove: true)
        } else if scanner.isName(name, "commitInfo") {
            let text = scanner.slice(try scanner.skipValue())
            commit.inCommitMilliseconds = try inCommitTimestamp(text) ?? commit.inCommitMilliseconds
            if keepsCommitInfo { commit.commitInfoBytes = Array(text) }
        } else {
            try otherAction(name)
        }
    }

    /// The rare fields whose presence makes the whole action worth keeping.
    private struct FileFields {
        var hasPath = false
        var isRare = false
        var deletionVectorID: String?
    }

    private mutating func fileAction(isRemove: Bool) throws(ScanFailure) {
        guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.failure("an object is expected") }
        let start = scanner.position
        var record = FileRecord()
        if isRemove { record.flags.insert(.isRemove) }
        // The protocol demands the field, old writers left it out.
        record.flags.insert(.dataChange)
        var fields = FileFields()
        if try scanner.beginObject() {
            repeat { try fileField(&record, &fields) } while try scanner.nextMember()
        }
        if !fields.hasPath { throw scanner.failure("the action has no path") }
        if !isRemove {
            if record.byteCount < 0 { throw scanner.failure("the add action has no size") }
            if !record.flags.contains(.hasPartitionValues) {
                throw scanner.failure("the add action has no partitionValues")
            }
        }
        if fields.isRare { record.action = writer.copy(scanner.slice(start..<scanner.position)) }
        writer.add(record, deletionVectorID: fields.deletionVectorID)
    }

    @inline(__always)
    private mutating func fileField(
        _ record: inout FileRecord, _ fields: inout FileFields
    ) throws(ScanFailure) {
        let name = try scanner.memberName()
        if try scanner.takeNull() { return }
        switch name.count {
        case 4 where scanner.isName(name, "path"):
            record.path = try stringSlice()
            fields.hasPath = !record.path.isEmpty
        case 4 where scanner.isName(name, "size"): record.byteCount = try scanner.int64()
        case 5 where scanner.isName(name, "stats"):
            if record.isRemove {
                try scanner.skipValue()
            } else {
                record.stats = try stringSlice()
                record.flags.insert(.hasStats)
            }
        case 10 where scanner.isName(name, "dataChange"):
            if try !scanner.bool() { record.flags.remove(.dataChange) }
        case 15 where scanner.isName(name, "partitionValues"):
            record.flags.insert(.hasPartitionValues)
            record.partitionValues = try partitionValues()
        case 16 where scanner.isName(name, "modificationTime"):
            record.milliseconds = try scanner.int64()
        case 17 where scanner.isName(name, "deletionTimestamp"):
            record.milliseconds = try scanner.int64()
        case 14 where scanner.isName(name, "deletionVector"):
            fields.isRare = true
            fields.deletionVectorID = try scanner.deletionVector().uniqueID
        case 4 where scanner.isName(name, "tags"):
            fields.isRare = true
            try scanner.skipValue()
        case 9 where scanner.isName(name, "baseRowId"), 18 where scanner.isName(name, "clusteringProvider"),
            23 where scanner.isName(name, "defaultRowCommitVersion"):
            fields.isRare = true
            try scanner.skipValue()
        default: try scanner.skipValue()
        }
    }

    @inline(__always)
    private mutating func stringSlice() throws(ScanFailure) -> TextSlice {
        try scanner.expectString()
        let start = writer.used
        var out = writer.end
        try scanner.copyString(to: &out)
        writer.used = out - writer.storage
        return writer.slice(from: start)
    }

    private mutating func partitionValues() throws(ScanFailure) -> TextSlice {
        guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.failure("an object is expected") }
        let start = scanner.position
        guard try scanner.beginObject() else { return TextSlice() }
        repeat {
            _ = try scanner.memberName()
            if scanner.peek() == UInt8(ascii: "{") || scanner.peek() == UInt8(ascii: "[") {
                throw scanner.failure("a partition value must be a string or null")
            }
            try scanner.skipValue()
        } while try scanner.nextMember()
        return writer.copy(scanner.slice(start..<scanner.position))
    }
}
