internal import Base
internal import Engine
internal import Foundation
internal import Tables

extension AuditLog {
    /// Reads every line and checks that it is what was written, where it was written.
    ///
    /// Lines that come while it reads are checked as far as it has got. Holds one chain's journals in memory, not the
    /// table.
    ///
    /// - Parameters:
    ///   - from: Lines from this time on only, in microseconds since 1970; the first of each chain is then taken as it
    ///     is.
    ///   - anchors: Heads of earlier reports; their lines must be there, with these hashes.
    /// - Returns: What was found; an altered log is a finding, not an error.
    /// - Throws: `.storage` where the metastore or the folder cannot be read at all.
    package func verify(from: Int64? = nil, anchors: [AuditAnchor] = []) async throws -> AuditReport {
        try await save()
        // The order matters while others write: heads, then journals, then the table, so that whatever moves meanwhile
        // is seen at least once.
        var known = Known(chains: try await registry.all(), anchors: anchors)
        let journals = try Journals(folder, from: from)
        var report = try await walkTable(from: from, known: known, journals: journals)
        for chain in journals.lines.keys.sorted() where !report.seen.contains(chain) {
            report.walk(chain, known, journals, isPartial: from != nil)
        }
        if from == nil {
            for chain in known.hashes.keys.sorted() where !report.seen.contains(chain) {
                report.walk(chain, known, journals, isPartial: false)
            }
        }
        // A chain may have begun after the first look.
        if report.seen.contains(where: { !known.ids.contains($0) }) {
            known = Known(chains: try await registry.all(), anchors: anchors)
        }
        report.foreign(known.ids)
        report.value.findings += journals.unreadable()
        report.value.journalLineCount = journals.lines.values.reduce(0) { $0 + Int64($1.count) }
        report.value.findings.sort { ($0.chain, $0.sequence) < ($1.chain, $1.sequence) }
        return report.value
    }

    private func walkTable(from: Int64?, known: Known, journals: Journals) async throws -> Progress {
        var empty = Progress()
        do {
            let audit = try await table()
            guard let table = try await audit.open() else { return empty }
            let snapshot = try await table.snapshot()
            let scan = try await table.scan(snapshot, columns: AuditColumns.names)
            let condition = from.map { " WHERE epoch_us(time) >= \($0)" } ?? ""
            let sql = "SELECT * FROM \(scan.sql)\(condition) ORDER BY chain, sequence"
            let progress = try await audit.context.engine.onSessionThread { connection in
                try Self.walk(connection, sql, known: known, journals: journals, isPartial: from != nil)
            }
            withExtendedLifetime(scan.resources) {}
            return progress
        } catch let error as TarnError where error.code != .cancelled {
            empty.value.findings.append(
                AuditReport.Finding(
                    problem: .unreadable, chain: "", sequence: 0,
                    message: "The table of events cannot be read: \(error.message)"))
            return empty
        }
    }

    private static func walk(
        _ connection: EngineConnection, _ sql: String, known: Known, journals: Journals, isPartial: Bool
    ) throws -> Progress {
        var progress = Progress()
        var current: ChainWalk?
        let result = try connection.stream(sql, [])
        defer { result.close() }
        while let chunk = try result.nextChunk() {
            for row in 0..<chunk.rowCount {
                guard let (line, date) = AuditColumns.line(chunk, row) else {
                    progress.value.lineCount += 1
                    if !progress.value.findings.contains(where: { $0.chain.isEmpty }) {
                        progress.value.findings.append(
                            AuditReport.Finding(
                                problem: .changed, chain: "", sequence: 0,
                                message: "A line of the table lacks what every line has."))
                    }
                    continue
                }
                if current?.chain != line.chain {
                    if let done = current { progress.end(done) }
                    current = progress.begin(line.chain, known, journals, isPartial: isPartial)
                }
                current?.take(line, date: date)
            }
        }
        if let done = current { progress.end(done) }
        return progress
    }

    // MARK: What is known beforehand

    fileprivate struct Known: Sendable {
        var ids: Set<String>
        /// Hashes that lines must have, by chain and place.
        var hashes: [String: [Int64: AuditHash]] = [:]

        init(chains: [ChainRegistry.Chain], anchors: [AuditAnchor]) {
            ids = Set(chains.map(\.id))
            for chain in chains where chain.head.sequence > 0 {
                hashes[chain.id, default: [:]][chain.head.sequence] = chain.head.hash
            }
            for anchor in anchors where anchor.sequence > 0 {
                hashes[anchor.chain, default: [:]][anchor.sequence] = anchor.hash
            }
        }
    }

    fileprivate struct Journals: Sendable {
        var lines: [String: [Int64: AuditLine]] = [:]
        /// What is wrong with the files themselves, by chain.
        var findings: [String: AuditReport.Finding] = [:]

        init(_ folder: JournalFolder, from: Int64?) throws {
            for (chain, files) in try folder.chains() {
                var last: Int64 = 0
                for file in files {
                    do {
                        guard let segment = try JournalSegment.read(folder.file(file)) else { continue }
                        read(segment, of: chain, &last, from)
                    } catch let error as TarnError where error.code == .corruptMetadata {
                        find(.unreadable, chain, last + 1, "a journal cannot be read: \(error.message)")
                    }
                }
            }
        }

        private mutating func read(
            _ segment: JournalSegment, of chain: String, _ last: inout Int64, _ from: Int64?
        ) {
            for (place, line) in segment.lines.enumerated() {
                if place == segment.damage {
                    find(.changed, chain, last + 1, "what stands after line \(last) of a journal is no line")
                }
                if line.chain != chain {
                    find(.changed, chain, last + 1, "a journal holds a line of another chain")
                    continue
                }
                if line.sequence == last {
                    find(.doubled, chain, line.sequence, "line \(line.sequence) stands twice in a journal")
                } else if line.sequence < last {
                    find(
                        .reordered, chain, line.sequence,
                        "line \(line.sequence) stands behind line \(last) in a journal")
                }
                last = max(last, line.sequence)
                if let from, line.event.timeMicroseconds < from { continue }
                lines[chain, default: [:]][line.sequence] = line
            }
            if segment.damage == segment.lines.count {
                find(.changed, chain, last + 1, "what stands after line \(last) of a journal is no line")
            }
        }

        private mutating func find(
            _ problem: AuditReport.Problem, _ chain: String, _ sequence: Int64, _ what: String
        ) {
            if findings[chain] != nil { return }
            findings[chain] = AuditReport.Finding(
                problem: problem, chain: chain, sequence: sequence, message: "Chain \(chain): \(what).")
        }

        /// Findings of chains that have no line that could be walked.
        func unreadable() -> [AuditReport.Finding] {
            findings.filter { lines[$0.key] == nil }.map(\.value)
        }
    }

    /// The report as it grows.
    fileprivate struct Progress: Sendable {
        var value = AuditReport()
        var seen: Set<String> = []

        mutating func begin(
            _ chain: String, _ known: Known, _ journals: Journals, isPartial: Bool
        ) -> ChainWalk {
            seen.insert(chain)
            return ChainWalk(
                chain: chain, journal: journals.lines[chain] ?? [:], known: known.hashes[chain] ?? [:],
                isPartial: isPartial, finding: journals.lines[chain] == nil ? nil : journals.findings[chain])
        }

        mutating func walk(
            _ chain: String, _ known: Known, _ journals: Journals, isPartial: Bool
        ) {
            end(begin(chain, known, journals, isPartial: isPartial))
        }

        mutating func end(_ walk: ChainWalk) {
            var walk = walk
            walk.takeJournal()
            walk.finish()
            value.chainCount += walk.lineCount > 0 ? 1 : 0
            value.lineCount += walk.lineCount
            if let finding = walk.finding { value.findings.append(finding) }
            if let head = walk.head { value.heads.append((walk.chain, head.sequence, head.hash)) }
        }

        /// Chains that nobody began.
        mutating func foreign(_ ids: Set<String>) {
            for chain in seen.subtracting(ids).sorted()
            where !value.findings.contains(where: { $0.chain == chain }) {
                value.findings.append(
                    AuditReport.Finding(
                        problem: .foreign, chain: chain, sequence: 1,
                        message: "Chain \(chain) was begun by no process of this lakehouse."))
            }
        }
    }
}
