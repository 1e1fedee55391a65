internal import Base

/// Follows one chain line by line, and stops at the first that is not as it was written.
struct ChainWalk {
    let chain: String
    /// Lines of journals by their place, to fill what the table does not have yet.
    private let journal: [Int64: AuditLine]
    /// What is known of lines from elsewhere: the metastore's head, heads that somebody kept.
    private let known: [Int64: AuditHash]
    /// Whether older lines are not looked at: then the first line is taken as it is.
    private let isPartial: Bool
    /// The place that comes next; `nil` before the first line of a partial walk.
    private var next: Int64?
    private var previous: AuditHash
    private(set) var finding: AuditReport.Finding?
    private(set) var lineCount: Int64 = 0

    init(
        chain: String, journal: [Int64: AuditLine], known: [Int64: AuditHash], isPartial: Bool,
        finding: AuditReport.Finding? = nil
    ) {
        self.chain = chain
        self.journal = journal
        self.known = known
        self.isPartial = isPartial
        self.finding = finding
        next = isPartial ? nil : 1
        previous = .genesis(of: chain)
    }

    /// The last line that was as it should be.
    var head: (sequence: Int64, hash: AuditHash)? {
        guard let next, next > 1, lineCount > 0 else { return nil }
        return (next - 1, previous)
    }

    /// Takes the table's next line, by its place.
    mutating func take(_ line: AuditLine, date: Int32) {
        while let next, next < line.sequence, let between = journal[next], finding == nil { check(between) }
        lineCount += 1
        if finding != nil { return }
        if date != line.date {
            return find(.changed, line.sequence, "line \(line.sequence) lies in the partition of another day")
        }
        if let twin = journal[line.sequence], twin.hash != line.hash {
            return find(
                .changed, line.sequence, "line \(line.sequence) is another one in a journal than in the table"
            )
        }
        lineCount -= 1
        check(line)
    }

    /// Takes what only journals have.
    mutating func takeJournal() {
        let rest = journal.keys.filter { $0 >= next ?? 0 }.sorted()
        for place in rest { if let line = journal[place] { check(line) } }
    }

    private mutating func check(_ line: AuditLine) {
        lineCount += 1
        if finding != nil { return }
        guard let expected = next else {
            // The first line of a partial walk; only a chain's very first can be checked by itself.
            next = line.sequence
            if line.sequence != 1 { return accept(line) }
            return check(again: line)
        }
        if line.sequence > expected {
            let last = line.sequence - 1
            let what = expected == last ? "line \(expected) is" : "lines \(expected) to \(last) are"
            return find(.removed, expected, "\(what) missing")
        }
        if line.sequence < expected {
            return find(.doubled, line.sequence, "line \(line.sequence) is there twice")
        }
        check(again: line)
    }

    private mutating func check(again line: AuditLine) {
        if line.expectedHash(after: previous) != line.hash {
            return find(
                .changed, line.sequence,
                "line \(line.sequence) is not what was written, or does not belong after the line before it")
        }
        accept(line)
    }

    private mutating func accept(_ line: AuditLine) {
        if let hash = known[line.sequence], hash != line.hash {
            return find(
                .changed, line.sequence,
                "line \(line.sequence) is not the one whose hash was kept elsewhere: the chain was written anew"
            )
        }
        next = line.sequence + 1
        previous = line.hash
    }

    /// Compares the end with what is known to have been written.
    mutating func finish() {
        guard finding == nil, let wanted = known.keys.max(), wanted > 0 else { return }
        guard let next else { return }
        if wanted >= next {
            let what =
                next == 1
                ? "all \(wanted) lines" : next == wanted ? "line \(wanted)" : "lines \(next) to \(wanted)"
            find(.cut, next, "\(what) at the end are missing")
        }
    }

    private mutating func find(_ problem: AuditReport.Problem, _ sequence: Int64, _ what: String) {
        finding = AuditReport.Finding(
            problem: problem, chain: chain, sequence: sequence, message: "Chain \(chain): \(what).")
    }
}
