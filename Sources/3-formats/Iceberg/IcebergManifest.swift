package import Base

/// A manifest: a list of files that join or leave a table.
///
/// Iceberg specification, "Manifests" and "Manifest Lists".
package struct ManifestReference: Sendable {
    package let path: String
    package let specID: Int?
    /// What entries without a sequence number of their own have.
    package let sequenceNumber: Int64
    /// Files that delete rows, not files of rows.
    package let holdsDeletes: Bool

    package init(path: String, specID: Int? = nil, sequenceNumber: Int64 = 0, holdsDeletes: Bool = false) {
        self.path = path
        self.specID = specID
        self.sequenceNumber = sequenceNumber
        self.holdsDeletes = holdsDeletes
    }

    /// The manifests that a manifest list names.
    ///
    /// - Parameters:
    ///   - bytes: The whole file, in Avro.
    ///   - name: What messages call it.
    /// - Returns: In the list's order.
    /// - Throws: `.corruptMetadata` naming the file.
    package static func list(_ bytes: [UInt8], name: String) throws(TarnError) -> [ManifestReference] {
        var all: [ManifestReference] = []
        for entry in try AvroContainer(bytes, name: name).values {
            guard let path = entry["manifest_path"]?.string else {
                throw IcebergFailure.damaged(name, "an entry has no manifest_path")
            }
            all.append(
                ManifestReference(
                    path: path, specID: entry["partition_spec_id"]?.integer.map { Int(clamping: $0) },
                    sequenceNumber: entry["sequence_number"]?.integer ?? 0,
                    holdsDeletes: entry["content"]?.integer == 1))
        }
        return all
    }
}

/// A file that a manifest names, live in its snapshot.
package struct ManifestFile: Sendable {
    package enum Content: Int64, Sendable { case data, positionDeletes, equalityDeletes }

    package let content: Content
    package let path: String
    /// `PARQUET`, `ORC`, `AVRO`, `PUFFIN`, in capitals.
    package let format: String
    package let specID: Int
    /// By the id of the partition field; null is left out.
    package let partition: [Int: PartitionDatum]
    package let recordCount: Int64
    package let byteCount: Int64
    /// Rows count as deleted only by files with a number at least as high as their own.
    package let sequenceNumber: Int64
    /// By field id.
    package let nullCounts: [Int: Int64]
    package let nanCounts: [Int: Int64]
    package let lowerBounds: [Int: [UInt8]]
    package let upperBounds: [Int: [UInt8]]
    /// The data file that a deletion vector is about, and where in its own file it lies.
    package let referencedDataFile: String?
    package let contentOffset: Int64?
    package let contentByteCount: Int64?

    /// The live files of a manifest.
    ///
    /// - Parameters:
    ///   - bytes: The whole file, in Avro.
    ///   - reference: What the manifest list says of it.
    ///   - name: What messages call it.
    /// - Returns: Added and existing ones; deleted ones are left out.
    /// - Throws: `.corruptMetadata` naming the file.
    package static func files(
        _ bytes: [UInt8], _ reference: ManifestReference, name: String
    ) throws(TarnError) -> [ManifestFile] {
        let container = try AvroContainer(bytes, name: name)
        let specID = reference.specID ?? container.text("partition-spec-id").flatMap { Int($0) } ?? 0
        var files: [ManifestFile] = []
        files.reserveCapacity(container.values.count)
        for entry in container.values {
            let status = entry["status"]?.integer ?? 1
            if status == 2 { continue }
            guard let file = entry["data_file"], let path = file["file_path"]?.string,
                let rows = file["record_count"]?.integer, let size = file["file_size_in_bytes"]?.integer,
                let content = Content(rawValue: file["content"]?.integer ?? 0)
            else { throw IcebergFailure.damaged(name, "an entry lacks its path, size or row count") }
            files.append(
                ManifestFile(
                    content: content, path: path,
                    format: (file["file_format"]?.string ?? "PARQUET").uppercased(), specID: specID,
                    partition: partition(file["partition"]), recordCount: rows, byteCount: size,
                    sequenceNumber: entry["sequence_number"]?.integer ?? reference.sequenceNumber,
                    nullCounts: counts(file["null_value_counts"]),
                    nanCounts: counts(file["nan_value_counts"]),
                    lowerBounds: bounds(file["lower_bounds"]), upperBounds: bounds(file["upper_bounds"]),
                    referencedDataFile: file["referenced_data_file"]?.string,
                    contentOffset: file["content_offset"]?.integer,
                    contentByteCount: file["content_size_in_bytes"]?.integer))
        }
        return files
    }

    private static func partition(_ value: AvroValue?) -> [Int: PartitionDatum] {
        guard case .record(let members)? = value else { return [:] }
        var partition: [Int: PartitionDatum] = [:]
        for (index, member) in members.enumerated() {
            // Version 1 may leave the ids out: they count from 1000 then.
            partition[member.field.fieldID ?? 1000 + index] = PartitionDatum(member.value)
        }
        return partition
    }

    private static func counts(_ value: AvroValue?) -> [Int: Int64] {
        Dictionary(
            (value?.array ?? []).compactMap { pair in
                guard let key = pair["key"]?.integer, let count = pair["value"]?.integer else { return nil }
                return (Int(clamping: key), count)
            }, uniquingKeysWith: { _, last in last })
    }

    private static func bounds(_ value: AvroValue?) -> [Int: [UInt8]] {
        Dictionary(
            (value?.array ?? []).compactMap { pair in
                guard let key = pair["key"]?.integer, let bytes = pair["value"]?.bytes else { return nil }
                return (Int(clamping: key), bytes)
            }, uniquingKeysWith: { _, last in last })
    }
}
