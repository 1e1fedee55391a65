/// What a client must be able to do to read and write the table.
///
/// Delta protocol, "Protocol Evolution".
package struct TableProtocol: Hashable, Sendable {
    package var minReaderVersion: Int
    package var minWriterVersion: Int
    /// Present exactly where the reader version is 3.
    package var readerFeatures: [String]?
    /// Present exactly where the writer version is 7.
    package var writerFeatures: [String]?

    package init(
        minReaderVersion: Int = 1, minWriterVersion: Int = 2, readerFeatures: [String]? = nil,
        writerFeatures: [String]? = nil
    ) {
        self.minReaderVersion = minReaderVersion
        self.minWriterVersion = minWriterVersion
        self.readerFeatures = readerFeatures
        self.writerFeatures = writerFeatures
    }
}

/// The table's identity, schema and properties.
///
/// Delta protocol, "Change Metadata".
package struct TableMetadata: Hashable, Sendable {
    /// A UUID that stays the same for the table's life.
    package var id: String
    package var name: String?
    package var description: String?
    /// The schema as JSON, kept as it was written so that nothing another writer put there is lost; empty for a
    /// table without columns.
    package var schemaString: String
    package var partitionColumns: [String]
    /// Table properties, `delta.appendOnly` for example.
    package var configuration: [String: String]
    package var createdMilliseconds: Int64?
    /// `parquet`.
    package var provider: String
    package var formatOptions: [String: String]

    package init(
        id: String, name: String? = nil, description: String? = nil, schemaString: String,
        partitionColumns: [String] = [], configuration: [String: String] = [:],
        createdMilliseconds: Int64? = nil, provider: String = "parquet", formatOptions: [String: String] = [:]
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.schemaString = schemaString
        self.partitionColumns = partitionColumns
        self.configuration = configuration
        self.createdMilliseconds = createdMilliseconds
        self.provider = provider
        self.formatOptions = formatOptions
    }
}

/// The last version that an application recorded for itself; makes its writes happen once.
///
/// Delta protocol, "Transaction Identifiers".
package struct SetTransaction: Hashable, Sendable {
    package var appID: String
    package var version: Int64
    package var lastUpdatedMilliseconds: Int64?

    package init(appID: String, version: Int64, lastUpdatedMilliseconds: Int64? = nil) {
        self.appID = appID
        self.version = version
        self.lastUpdatedMilliseconds = lastUpdatedMilliseconds
    }
}

/// A named text that a user or a feature keeps in the log.
package struct DomainMetadata: Hashable, Sendable {
    package var domain: String
    package var configuration: String
    package var isRemoved: Bool

    package init(domain: String, configuration: String, isRemoved: Bool = false) {
        self.domain = domain
        self.configuration = configuration
        self.isRemoved = isRemoved
    }
}

/// Where the deleted rows of a file are listed.
///
/// Delta protocol, "Deletion Vectors".
package struct DeletionVectorDescriptor: Hashable, Sendable {
    /// `u` (relative), `i` (inline) or `p` (absolute).
    package var storageType: String
    package var pathOrInlineDv: String
    package var offset: Int64?
    package var sizeInBytes: Int64
    package var cardinality: Int64

    package init(
        storageType: String, pathOrInlineDv: String, offset: Int64?, sizeInBytes: Int64, cardinality: Int64
    ) {
        self.storageType = storageType
        self.pathOrInlineDv = pathOrInlineDv
        self.offset = offset
        self.sizeInBytes = sizeInBytes
        self.cardinality = cardinality
    }

    /// Tells one deletion vector of a file from another.
    package var uniqueID: String {
        storageType + pathOrInlineDv + (offset.map { "@\($0)" } ?? "")
    }
}

/// The value of one partition column; `nil` is null.
package typealias PartitionValues = [(name: String, value: String?)]

/// A data file that joins the table.
///
/// Delta protocol, "Add File and Remove File". Times are milliseconds, sizes bytes.
package struct AddFile: Sendable {
    /// As the log writes it: percent-encoded, relative to the table's folder unless it is absolute.
    package var rawPath: String
    package var partitionValues: PartitionValues
    package var byteCount: Int64
    package var modifiedMilliseconds: Int64
    package var dataChange: Bool
    /// The statistics' JSON text.
    package var stats: [UInt8]?
    package var tags: [String: String]?
    package var deletionVector: DeletionVectorDescriptor?
    package var baseRowID: Int64?
    package var defaultRowCommitVersion: Int64?
    package var clusteringProvider: String?

    package init(
        rawPath: String, partitionValues: PartitionValues = [], byteCount: Int64, modifiedMilliseconds: Int64,
        dataChange: Bool = true, stats: [UInt8]? = nil, tags: [String: String]? = nil,
        deletionVector: DeletionVectorDescriptor? = nil, baseRowID: Int64? = nil,
        defaultRowCommitVersion: Int64? = nil, clusteringProvider: String? = nil
    ) {
        self.rawPath = rawPath
        self.partitionValues = partitionValues
        self.byteCount = byteCount
        self.modifiedMilliseconds = modifiedMilliseconds
        self.dataChange = dataChange
        self.stats = stats
        self.tags = tags
        self.deletionVector = deletionVector
        self.baseRowID = baseRowID
        self.defaultRowCommitVersion = defaultRowCommitVersion
        self.clusteringProvider = clusteringProvider
    }

    /// The path as the object store knows it: not percent-encoded.
    package var path: String { PathEncoding.decode(rawPath) }
}

/// A data file that leaves the table.
///
/// The fields after `dataChange` are optional in the protocol.
package struct RemoveFile: Sendable {
    package var rawPath: String
    package var deletedMilliseconds: Int64?
    package var dataChange: Bool
    package var partitionValues: PartitionValues?
    package var byteCount: Int64?
    package var tags: [String: String]?
    package var deletionVector: DeletionVectorDescriptor?
    package var baseRowID: Int64?
    package var defaultRowCommitVersion: Int64?

    package init(
        rawPath: String, deletedMilliseconds: Int64?, dataChange: Bool = true,
        partitionValues: PartitionValues? = nil, byteCount: Int64? = nil, tags: [String: String]? = nil,
        deletionVector: DeletionVectorDescriptor? = nil, baseRowID: Int64? = nil,
        defaultRowCommitVersion: Int64? = nil
    ) {
        self.rawPath = rawPath
        self.deletedMilliseconds = deletedMilliseconds
        self.dataChange = dataChange
        self.partitionValues = partitionValues
        self.byteCount = byteCount
        self.tags = tags
        self.deletionVector = deletionVector
        self.baseRowID = baseRowID
        self.defaultRowCommitVersion = defaultRowCommitVersion
    }

    package var path: String { PathEncoding.decode(rawPath) }
}

/// A file of changed rows for the change data feed.
///
/// Delta protocol, "Add CDC File".
package struct ChangeFile: Sendable {
    package var rawPath: String
    package var partitionValues: PartitionValues
    package var byteCount: Int64
    package var tags: [String: String]?

    package init(
        rawPath: String, partitionValues: PartitionValues = [], byteCount: Int64,
        tags: [String: String]? = nil
    ) {
        self.rawPath = rawPath
        self.partitionValues = partitionValues
        self.byteCount = byteCount
        self.tags = tags
    }

    package var path: String { PathEncoding.decode(rawPath) }
}

/// A file of a checkpoint of the second kind that holds the file actions.
package struct CheckpointSidecar: Hashable, Sendable {
    package var rawPath: String
    package var byteCount: Int64
    package var modifiedMilliseconds: Int64

    package init(rawPath: String, byteCount: Int64, modifiedMilliseconds: Int64) {
        self.rawPath = rawPath
        self.byteCount = byteCount
        self.modifiedMilliseconds = modifiedMilliseconds
    }

    /// The name within `_delta_log/_sidecars`, where all of them must be; writers may name folders before it.
    package var fileName: String {
        PathEncoding.decode(rawPath.split(separator: "/").last.map(String.init) ?? rawPath)
    }
}
