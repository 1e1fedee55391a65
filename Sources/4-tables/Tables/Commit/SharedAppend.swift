import Base
import DeltaLake
import Engine
import TableModel

/// Several appends as one commit.
///
/// Each one's rows go into a temporary table, checked and cast as if they were written alone; what that table holds
/// becomes one data file (one a partition). If the common part fails in a way that one of them may be to blame for, or
/// another writer changed the table, each is written by itself.
struct SharedAppend: Sendable {
    private let table: DeltaTable
    private let members: [AppendQueue.Member]
    private static let collected = "__appended"

    init(_ table: DeltaTable, _ members: [AppendQueue.Member]) {
        self.table = table
        self.members = members
    }

    func run() async {
        if members.count == 1 { return await runAlone(members) }
        let base: LoadedTable
        let outcomes: [Result<Int64, any Error>]
        let staged: StagedRows
        do {
            base = try await table.refresh()
            try TableFeatures.checkWritable(base.snapshot)
            guard Self.allowsSharing(base.snapshot.schema) else { return await runAlone(members) }
            (outcomes, staged) = try await stage(base.snapshot)
        } catch { return await runAlone(members) }
        var landing: [(member: AppendQueue.Member, rowCount: Int64)] = []
        for (member, outcome) in zip(members, outcomes) {
            switch outcome {
            case .success(let rowCount): landing.append((member, rowCount))
            case .failure(let error): await answer(member) { throw error }
            }
        }
        guard let first = landing.first else { return await table.discard(staged) }
        do {
            let prepared = try table.prepare(staged, first.member.options, nil, base.snapshot)
            let result = try await table.commit(prepared, on: base)
            for (member, rowCount) in landing {
                member.continuation.resume(returning: result.share(rowCount))
            }
        } catch let error as TarnError where error.code == .conflict {
            await table.discard(staged)
            await runAlone(landing.map(\.member))
        } catch {
            // Whether the commit landed may be unknown, so nobody's rows may be written again.
            for (member, _) in landing { await answer(member) { throw error } }
        }
    }

    private func runAlone(_ members: [AppendQueue.Member]) async {
        for member in members {
            await answer(member) {
                try await table.retryingConflicts { try await table.writeOnce(member.source, member.options) }
            }
        }
    }

    private func answer(
        _ member: AppendQueue.Member, _ body: () async throws -> CommitResult
    ) async {
        do {
            let result = try await table.naming(body)
            member.continuation.resume(returning: result)
        } catch { member.continuation.resume(throwing: error) }
    }

    /// Values that the table itself counts are known only to the write that commits them.
    private static func allowsSharing(_ schema: TableSchema) -> Bool {
        !schema.fields.contains { $0.identity != nil }
    }

    /// Collects everybody's rows and writes them.
    ///
    /// - Returns: For each member its number of rows or why it has none; the files.
    private func stage(
        _ snapshot: DeltaSnapshot
    ) async throws -> ([Result<Int64, any Error>], StagedRows) {
        let staging = RowStaging(table, snapshot)
        let sources = members.map(\.source)
        return try await table.context.engine.withSession { session in
            let outcomes = try await session.run { connection in
                try Self.collect(sources, staging, on: connection)
            }
            var copying = staging
            copying.checksRows = false
            let staged = try await copying.stage(
                "SELECT * FROM \(Self.collected)", columns: staging.schema.names, in: session)
            return (outcomes, staged)
        }
    }

    private static func collect(
        _ sources: [WriteSource], _ staging: RowStaging, on connection: EngineConnection
    ) throws(TarnError) -> [Result<Int64, any Error>] {
        let columns = staging.schema.fields.map { "\(quoteIdentifier($0.name)) \($0.type.sqlName)" }
        _ = try connection.execute("CREATE TEMP TABLE \(collected) (\(columns.joined(separator: ", ")))", [])
        var outcomes: [Result<Int64, any Error>] = []
        for source in sources {
            do throws(TarnError) {
                outcomes.append(.success(try collect(source, staging, on: connection)))
            } catch {
                if [.cancelled, .resourceExhausted, .internal].contains(error.code) { throw error }
                outcomes.append(.failure(RowViolation.named(in: error)))
            }
        }
        return outcomes
    }

    private static func collect(
        _ source: WriteSource, _ staging: RowStaging, on connection: EngineConnection
    ) throws(TarnError) -> Int64 {
        let shape: SourceShape
        if let names = source.columns {
            shape = SourceShape(names: names, types: nil)
        } else {
            shape = try SourceShape.of(source.sql, source.parameters, on: connection)
        }
        let select = try RowProjection(staging, shape, prefix: collected).select(from: source.sql)
        return try connection.execute("INSERT INTO \(collected) \(select)", source.parameters).changedRowCount
    }
}

extension CommitResult {
    /// One caller's part of a commit that several share.
    fileprivate func share(_ rowCount: Int64) -> CommitResult {
        var own = metrics
        own["numOutputRows"] = .string(String(rowCount))
        return CommitResult(version: version, metrics: own, retryCount: retryCount)
    }
}
