internal import Base
internal import Metastore

/// The chains that the metastore knows, with their heads.
struct ChainRegistry: Sendable {
    let metastore: Metastore
    let time: any TimeSource

    struct Chain: Hashable, Sendable {
        var id: String
        var startedMicroseconds: Int64
        var head: JournalWriter.Head
    }

    func begin(_ chain: String) async throws {
        let now = time.nowMicroseconds()
        try await metastore.write { db in
            _ = try db.execute(
                "INSERT INTO audit_chains VALUES (?, ?, 0, ?, ?)",
                [chain, now, AuditHash.genesis(of: chain).description, now])
        }
    }

    /// Moves a head forward, never back.
    func advance(_ chain: String, to head: JournalWriter.Head) async throws {
        let now = time.nowMicroseconds()
        try await metastore.write { db in
            _ = try db.execute(
                "UPDATE audit_chains SET head_sequence = ?, head_hash = ?, head_us = ? WHERE id = ? AND head_sequence < ?",
                [head.sequence, head.hash.description, now, chain, head.sequence])
        }
    }

    func all() async throws -> [Chain] {
        try await metastore.read { db in
            try db.rows("SELECT id, started_us, head_sequence, head_hash FROM audit_chains ORDER BY id").map {
                guard let hash = AuditHash(hex: try $0("head_hash") as String) else {
                    throw TarnError(.corruptMetadata, "The head of a chain of the audit log is damaged.")
                }
                return Chain(
                    id: try $0("id"), startedMicroseconds: try $0("started_us"),
                    head: JournalWriter.Head(sequence: try $0("head_sequence"), hash: hash))
            }
        }
    }

    /// The folder of events: the home's own with a metastore that lies in the home, else the first that anybody gave.
    func eventsFolder(_ own: String) async throws -> String {
        if try await metastore.read({ db in db.dialect == .sqlite }) { return own }
        return try await metastore.write { db in
            _ = try db.execute(
                "INSERT INTO audit_places VALUES ('events', ?) ON CONFLICT (name) DO NOTHING", [own])
            return try db.value("SELECT location FROM audit_places WHERE name = 'events'") ?? own
        }
    }
}
