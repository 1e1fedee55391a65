package import Base

/// What a look at every line of the audit log found.
package struct AuditReport: Hashable, Sendable {
    package enum Problem: String, Hashable, Sendable, CaseIterable {
        /// Lines are missing between two others.
        case removed
        /// A line is not what was written; or it, or the one before it, was put there later.
        case changed
        /// Lines of a journal do not stand in the order in which they were written.
        case reordered
        /// A line is there twice.
        case doubled
        /// A chain's last lines are missing.
        case cut
        /// Lines of a chain that no process of this lakehouse began.
        case foreign
        /// A file is damaged or missing.
        case unreadable
    }

    /// The first problem of a chain.
    package struct Finding: Hashable, Sendable {
        package var problem: Problem
        /// Empty where it is not known.
        package var chain: String
        /// The line, or the first of the missing ones; 0 where it is not known.
        package var sequence: Int64
        /// A sentence for people.
        package var message: String
    }

    package var lineCount: Int64 = 0
    package var chainCount = 0
    /// Lines that are in journals and not in the table yet.
    package var journalLineCount: Int64 = 0
    /// At most one a chain, and those of files.
    package var findings: [Finding] = []
    /// The last line of each chain: to be kept elsewhere, so that even one who can rewrite the lakehouse cannot change
    /// the past unseen.
    package var heads: [(chain: String, sequence: Int64, hash: AuditHash)] = []

    package var isWhole: Bool { findings.isEmpty }

    package static func == (a: AuditReport, b: AuditReport) -> Bool {
        a.lineCount == b.lineCount && a.findings == b.findings && a.chainCount == b.chainCount
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(lineCount)
        hasher.combine(findings)
    }

    package var json: JSONValue {
        .object([
            "ok": .bool(isWhole), "lines": .int(lineCount), "chains": .int(chainCount),
            "journal_lines": .int(journalLineCount),
            "findings": .array(
                findings.map {
                    .object([
                        "problem": .string($0.problem.rawValue), "chain": .string($0.chain),
                        "sequence": .int($0.sequence), "message": .string($0.message),
                    ])
                }),
            "heads": .array(
                heads.map {
                    .object([
                        "chain": .string($0.chain), "sequence": .int($0.sequence),
                        "hash": .string($0.hash.description),
                    ])
                }),
        ])
    }
}

/// A head that somebody kept from an earlier report.
package struct AuditAnchor: Hashable, Sendable {
    package var chain: String
    package var sequence: Int64
    package var hash: AuditHash

    package init(chain: String, sequence: Int64, hash: AuditHash) {
        self.chain = chain
        self.sequence = sequence
        self.hash = hash
    }

    /// Reads the `heads` of a report's JSON.
    ///
    /// - Throws: `.invalidInput` if it is none.
    package static func all(inReport json: JSONValue) throws(TarnError) -> [AuditAnchor] {
        guard let heads = json["heads"]?.array else {
            throw TarnError(.invalidInput, "The file of heads is no report of tarn audit verify --json.")
        }
        var anchors: [AuditAnchor] = []
        for head in heads {
            guard let chain = head["chain"]?.string, let sequence = head["sequence"]?.int64,
                let hash = head["hash"]?.string.flatMap({ AuditHash(hex: $0) })
            else {
                throw TarnError(.invalidInput, "A head in the file of heads has no chain, sequence or hash.")
            }
            anchors.append(AuditAnchor(chain: chain, sequence: sequence, hash: hash))
        }
        return anchors
    }
}
