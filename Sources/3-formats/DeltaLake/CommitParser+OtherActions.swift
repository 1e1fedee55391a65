/// Reads the members of one object into whatever `body` makes of them.
extension ByteScanner {
    /// Calls `body` for each member whose value is not null; `body` must pass the value.
    mutating func members(
        _ body: (inout ByteScanner, Range<Int>) throws(ScanFailure) -> Void
    ) throws(ScanFailure) {
        guard try beginObject() else { return }
        repeat {
            let name = try memberName()
            if try takeNull() { continue }
            try body(&self, name)
        } while try nextMember()
    }

    /// An array of strings.
    mutating func texts() throws(ScanFailure) -> [String] {
        try expect(UInt8(ascii: "["))
        if take(UInt8(ascii: "]")) { return [] }
        var all: [String] = []
        repeat { all.append(try text()) } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return all
    }

    /// A member's name with its escapes resolved.
    func nameText(_ range: Range<Int>) -> String { Self.unescaped(slice(range)) }

    /// A scalar as text: a string's own, or a number or boolean as written.
    mutating func scalarText() throws(ScanFailure) -> String {
        if peek() == UInt8(ascii: "\"") { return try text() }
        if peek() == UInt8(ascii: "{") || peek() == UInt8(ascii: "[") {
            throw failure("a string is expected")
        }
        return String(decoding: slice(try skipValue()), as: UTF8.self)
    }

    /// An object of strings; members that are null are left out.
    mutating func stringMap() throws(ScanFailure) -> [String: String] {
        var map: [String: String] = [:]
        try members { scanner, name throws(ScanFailure) in
            map[scanner.nameText(name)] = try scanner.scalarText()
        }
        return map
    }

    /// An object of strings and nulls in its order.
    mutating func partitionValues() throws(ScanFailure) -> PartitionValues {
        var values: PartitionValues = []
        guard try beginObject() else { return values }
        repeat {
            let name = nameText(try memberName())
            values.append((name, try takeNull() ? nil : try scalarText()))
        } while try nextMember()
        return values
    }

    mutating func deletionVector() throws(ScanFailure) -> DeletionVectorDescriptor {
        var storageType: String?
        var path: String?
        var (offset, size, cardinality): (Int64?, Int64?, Int64?) = (nil, nil, nil)
        try members { scanner, name throws(ScanFailure) in
            switch scanner.nameText(name) {
            case "storageType": storageType = try scanner.text()
            case "pathOrInlineDv": path = try scanner.text()
            case "offset": offset = try scanner.int64()
            case "sizeInBytes": size = try scanner.int64()
            case "cardinality": cardinality = try scanner.int64()
            default: try scanner.skipValue()
            }
        }
        guard let storageType, let path, let size, let cardinality else {
            throw failure(
                "a deletion vector needs storageType, pathOrInlineDv, sizeInBytes and cardinality")
        }
        return DeletionVectorDescriptor(
            storageType: storageType, pathOrInlineDv: path, offset: offset, sizeInBytes: size,
            cardinality: cardinality)
    }
}

extension CommitParser {
    /// Any action but add, remove and commitInfo: few in a commit, so plain code will do.
    mutating func otherAction(_ name: Range<Int>) throws(ScanFailure) {
        switch scanner.nameText(name) {
        case "protocol": commit.protocolAction = try tableProtocol()
        case "metaData": commit.metadata = try metadata()
        case "txn": commit.transactions.append(try transaction())
        case "domainMetadata": commit.domains.append(try domain())
        case "cdc": commit.changeFiles.append(try changeFile())
        case "sidecar": commit.sidecars.append(try sidecar())
        default: try scanner.skipValue()
        }
    }

    /// The member `inCommitTimestamp` of a commitInfo; the text is looked through for its name first, since most have
    /// none and many members.
    func inCommitTimestamp(_ text: UnsafeBufferPointer<UInt8>) throws(ScanFailure) -> Int64? {
        guard Self.mentions("inCommitTimestamp", text), text.first == UInt8(ascii: "{") else { return nil }
        var scanner = ByteScanner(text)
        var time: Int64?
        try scanner.members { scanner, name throws(ScanFailure) in
            if scanner.isName(name, "inCommitTimestamp") {
                time = try scanner.int64()
            } else {
                try scanner.skipValue()
            }
        }
        return time
    }

    private static func mentions(_ word: StaticString, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let length = word.utf8CodeUnitCount
        guard text.count >= length else { return false }
        return (0...text.count - length).contains { start in
            (0..<length).allSatisfy { text[start + $0] == word.utf8Start[$0] }
        }
    }

    private mutating func tableProtocol() throws(ScanFailure) -> TableProtocol {
        var (reader, writer): (Int64?, Int64?) = (nil, nil)
        var (readerFeatures, writerFeatures): ([String]?, [String]?) = (nil, nil)
        try scanner.members { scanner, name throws(ScanFailure) in
            switch scanner.nameText(name) {
            case "minReaderVersion": reader = try scanner.int64()
            case "minWriterVersion": writer = try scanner.int64()
            case "readerFeatures": readerFeatures = try scanner.texts()
            case "writerFeatures": writerFeatures = try scanner.texts()
            default: try scanner.skipValue()
            }
        }
        guard let reader, let writer, let minReader = Int(exactly: reader),
            let minWriter = Int(exactly: writer)
        else { throw scanner.failure("the protocol action needs minReaderVersion and minWriterVersion") }
        return TableProtocol(
            minReaderVersion: minReader, minWriterVersion: minWriter, readerFeatures: readerFeatures,
            writerFeatures: writerFeatures)
    }

    private mutating func metadata() throws(ScanFailure) -> TableMetadata {
        var (id, schema): (String?, String?) = (nil, nil)
        var value = TableMetadata(id: "", schemaString: "")
        try scanner.members { scanner, name throws(ScanFailure) in
            switch scanner.nameText(name) {
            case "id": id = try scanner.text()
            case "name": value.name = try scanner.text()
            case "description": value.description = try scanner.text()
            case "schemaString": schema = try scanner.text()
            case "partitionColumns": value.partitionColumns = try scanner.texts()
            case "configuration": value.configuration = try scanner.stringMap()
            case "createdTime": value.createdMilliseconds = try scanner.int64()
            case "format":
                try scanner.members { scanner, name throws(ScanFailure) in
                    switch scanner.nameText(name) {
                    case "provider": value.provider = try scanner.text()
                    case "options": value.formatOptions = try scanner.stringMap()
                    default: try scanner.skipValue()
                    }
                }
            default: try scanner.skipValue()
            }
        }
        guard let id else { throw scanner.failure("the metaData action needs an id") }
        value.id = id
        // A table that has no column yet may have no schema (Delta Live Tables write such first commits).
        value.schemaString = schema ?? ""
        return value
    }

    private mutating func transaction() throws(ScanFailure) -> SetTransaction {
        var (appID, version, updated): (String?, Int64?, Int64?) = (nil, nil, nil)
        try scanner.members { scanner, name throws(ScanFailure) in
            switch scanner.nameText(name) {
            case "appId": appID = try scanner.text()
            case "version": version = try scanner.int64()
            case "lastUpdated": updated = try scanner.int64()
            default: try scanner.skipValue()
            }
        }
        guard let appID, let version else { throw scanner.failure("the txn action needs appId and version") }
        return SetTransaction(appID: appID, version: version, lastUpdatedMilliseconds: updated)
    }

    private mutating func domain() throws(ScanFailure) -> DomainMetadata {
        var (domain, configuration, removed): (String?, String?, Bool) = (nil, nil, false)
        try scanner.members { scanner, name throws(ScanFailure) in
            switch scanner.nameText(name) {
            case "domain": domain = try scanner.text()
            case "configuration": configuration = try scanner.text()
            case "removed": removed = try scanner.bool()
            default: try scanner.skipValue()
            }
        }
        guard let domain, removed || configuration != nil else {
            throw scanner.failure("the domainMetadata action needs domain and configuration")
        }
        return DomainMetadata(domain: domain, configuration: configuration ?? "", isRemoved: removed)
    }

    private mutating func changeFile() throws(ScanFailure) -> ChangeFile {
        var (path, size): (String?, Int64?) = (nil, nil)
        var (values, tags): (PartitionValues, [String: String]?) = ([], nil)
        try scanner.members { scanner, name throws(ScanFailure) in
            switch scanner.nameText(name) {
            case "path": path = try scanner.text()
            case "size": size = try scanner.int64()
            case "partitionValues": values = try scanner.partitionValues()
            case "tags": tags = try scanner.stringMap()
            default: try scanner.skipValue()
            }
        }
        guard let path, let size else { throw scanner.failure("the cdc action needs path and size") }
        return ChangeFile(rawPath: path, partitionValues: values, byteCount: size, tags: tags)
    }

    private mutating func sidecar() throws(ScanFailure) -> CheckpointSidecar {
        var (path, size, modified): (String?, Int64?, Int64?) = (nil, nil, nil)
        try scanner.members { scanner, name throws(ScanFailure) in
            switch scanner.nameText(name) {
            case "path": path = try scanner.text()
            case "sizeInBytes": size = try scanner.int64()
            case "modificationTime": modified = try scanner.int64()
            default: try scanner.skipValue()
            }
        }
        guard let path, let size else {
            throw scanner.failure("the sidecar action needs path and sizeInBytes")
        }
        return CheckpointSidecar(rawPath: path, byteCount: size, modifiedMilliseconds: modified ?? 0)
    }
}
