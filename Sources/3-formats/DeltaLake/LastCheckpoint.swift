import Base

/// The hint in `_last_checkpoint`: where the newest checkpoint is, so that older names need not be listed.
///
/// Only a hint: a file that cannot be read is as good as none. Delta protocol, "Last Checkpoint File".
package struct LastCheckpoint: Hashable, Sendable {
    package var version: Int64
    /// How many actions the checkpoint holds.
    package var actionCount: Int64
    /// The number of files of a checkpoint in parts.
    package var partCount: Int?
    package var byteCount: Int64?
    package var addFileCount: Int64?

    package init(
        version: Int64, actionCount: Int64, partCount: Int? = nil, byteCount: Int64? = nil,
        addFileCount: Int64? = nil
    ) {
        self.version = version
        self.actionCount = actionCount
        self.partCount = partCount
        self.byteCount = byteCount
        self.addFileCount = addFileCount
    }

    /// `nil` for anything that is no such hint.
    package init?(_ bytes: [UInt8]) {
        guard let json = try? JSONValue.parse(bytes), let version = json["version"]?.int64, version >= 0
        else {
            return nil
        }
        self.init(
            version: version, actionCount: json["size"]?.int64 ?? 0,
            partCount: json["parts"]?.int64.flatMap { Int(exactly: $0) },
            byteCount: json["sizeInBytes"]?.int64, addFileCount: json["numOfAddFiles"]?.int64)
    }

    package var bytes: [UInt8] {
        var object: JSONObject = ["version": .int(version), "size": .int(actionCount)]
        object["parts"] = partCount.map { .int($0) }
        object["sizeInBytes"] = byteCount.map { .int($0) }
        object["numOfAddFiles"] = addFileCount.map { .int($0) }
        return JSONValue.object(object).jsonBytes
    }
}
