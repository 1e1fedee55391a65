import Base
import Catalog
import Foundation
import HTTPTypes
import Lakehouse

extension UnityCatalogAPI {
    func credentialRoutes() -> [Route] {
        [
            route(.post, "/temporary-table-credentials") { call in
                let body = try call.body()
                let id = try body.required("table_id")
                let operation = try body.requiredChoice("operation", of: TableOperation.self)
                if operation == .unknown { throw body.wrong("operation", "must be READ or READ_WRITE") }
                let location = try await call.tableLocation(id: id, writes: operation == .readWrite)
                return try call.credentials(for: location).json
            },
            route(.post, "/temporary-path-credentials") { call in
                let body = try call.body()
                let location = try StorageURL.location(try body.required("url"))
                let needed: PrivilegeSet
                switch try body.requiredChoice("operation", of: PathOperation.self) {
                case .read: needed = .readFiles
                case .readWrite: needed = [.readFiles, .writeFiles]
                case .createTable: needed = .createExternalTable
                case .unknown:
                    throw body.wrong(
                        "operation", "must be PATH_READ, PATH_READ_WRITE or PATH_CREATE_TABLE")
                }
                try await call.catalog.requirePath(location, for: needed)
                return try call.credentials(for: location).json
            },
        ]
    }

    enum TableOperation: String, CaseIterable {
        case unknown = "UNKNOWN_TABLE_OPERATION"
        case read = "READ"
        case readWrite = "READ_WRITE"
    }

    enum PathOperation: String, CaseIterable {
        case unknown = "UNKNOWN_PATH_OPERATION"
        case read = "PATH_READ"
        case readWrite = "PATH_READ_WRITE"
        case createTable = "PATH_CREATE_TABLE"
    }
}

/// A secret for one place and a short time.
///
/// Files of this machine ask for no secret, but clients (deltalake) demand one of the clouds' kinds: this one is good for
/// nothing but that, and nothing keeps it.
struct TemporaryCredentials: Sendable {
    static let lifetimeMilliseconds: Int64 = 3_600_000

    let location: String
    let keyID: String
    let secret: String
    let sessionToken: String
    let expirationMilliseconds: Int64

    /// As Unity Catalog answers it.
    var json: JSONValue {
        .object([
            "url": .string(StorageURL.text(location)), "expiration_time": .int(expirationMilliseconds),
            "aws_temp_credentials": .object([
                "access_key_id": .string(keyID), "secret_access_key": .string(secret),
                "session_token": .string(sessionToken),
            ]),
        ])
    }

    /// As the Delta API answers it.
    func deltaJSON(_ operation: String) -> JSONValue {
        .object([
            "prefix": .string(StorageURL.text(location) + "/"), "operation": .string(operation),
            "expiration-time-ms": .int(expirationMilliseconds),
            "config": .object([
                "s3.access-key-id": .string(keyID), "s3.secret-access-key": .string(secret),
                "s3.session-token": .string(sessionToken),
            ]),
        ])
    }
}

extension UnityCall {
    /// - Throws: `.unsupported` for a place that is not on this machine.
    func credentials(for location: String) throws(TarnError) -> TemporaryCredentials {
        guard StorageURL.path(location) != nil else {
            throw TarnError(
                .unsupported, "There are no credentials for places outside of this machine yet.")
        }
        return TemporaryCredentials(
            location: location,
            keyID: "TARN" + lake.random.uuid().replacing("-", with: "").prefix(16).uppercased(),
            secret: lake.random.uuid().replacing("-", with: ""), sessionToken: lake.random.uuid(),
            expirationMilliseconds: lake.time.nowMilliseconds() + TemporaryCredentials.lifetimeMilliseconds)
    }

    /// Where a table's files are, for one who may read them, or read and write.
    ///
    /// - Throws: `.notFound`, `.permissionDenied`.
    func tableLocation(id: String, writes: Bool) async throws -> String {
        if let plan = try await catalog.stagedTable(id: id) { return plan.location }
        guard let found = try await catalog.table(id: id) else { throw Self.noTable(id) }
        return try await tableLocation(found.name, writes: writes, id: id)
    }

    func tableLocation(_ name: QualifiedName, writes: Bool, id: String? = nil) async throws -> String {
        let entry: TableEntry
        do {
            entry = try await catalog.table(name, requiring: writes ? [.select, .modify] : .select)
        } catch {
            // By its id he must not learn its name.
            if error.code == .notFound, let id { throw Self.noTable(id) }
            throw error
        }
        try await refuseGoverned(entry)
        if entry.kind == .view {
            throw TarnError(
                .invalidInput, "\(entry.name) is a view: it has no files of its own. Ask for its rows by SQL."
            )
        }
        return entry.location
    }

    static func noTable(_ id: String) -> TarnError {
        TarnError(.notFound, "There is no table with the id \(id.prefix(100)).", context: [("table", id)])
    }
}
