import Base
import DeltaLake
import TableModel
import Testing

/// Every pair of operations at both isolation levels: what I do, what landed first, what comes of it.
///
/// The table has two partitions with one file each: `old1` of the first day with x = 1, `old2` of the second with
/// x = 2.
@Suite struct ConflictMatrixTests {
    /// An operation as the log and the conflict check see it.
    struct Operation: Sendable {
        let name: String
        /// All actions, as they land.
        let landed: @Sendable (inout CommitBuilder) -> Void
        /// The actions without what its deletions of rows come to.
        let mine: @Sendable (inout CommitBuilder) -> Void
        var reads = ReadScope.nothing
        /// Files that get a deletion vector.
        var deletesFrom: [String] = []
        var isBlind = false

        init(
            _ name: String, reads: ReadScope = .nothing, deletesFrom: [String] = [], isBlind: Bool = false,
            _ actions: @escaping @Sendable (inout CommitBuilder) -> Void
        ) {
            self.name = name
            self.reads = reads
            self.deletesFrom = deletesFrom
            self.isBlind = isBlind
            mine = actions
            landed = { builder in
                for path in deletesFrom {
                    builder.remove(ConflictMatrixTests.removal(path))
                    var file = ConflictMatrixTests.old(path)
                    file.deletionVector = DeletionVectorDescriptor(
                        storageType: "u", pathOrInlineDv: name, offset: 1, sizeInBytes: 1, cardinality: 1)
                    builder.add(file)
                }
                actions(&builder)
            }
        }
    }

    private static let schema = TableSchema([SchemaField("day", .date), SchemaField("x", .long)])
    private static let firstDay = ScanFilter.compare("day", .equal, .date(19723))

    private static func file(_ path: String, day: Int, x: Int, dataChange: Bool = true) -> AddFile {
        AddFile(
            rawPath: path, partitionValues: [("day", "2024-01-0\(day)")], byteCount: 1,
            modifiedMilliseconds: 1,
            dataChange: dataChange,
            stats: Array(
                "{\"numRecords\":9,\"minValues\":{\"x\":\(x)},\"maxValues\":{\"x\":\(x)},\"nullCount\":{\"x\":0}}"
                    .utf8))
    }

    private static func old(_ path: String) -> AddFile {
        path == "old1" ? file(path, day: 1, x: 1) : file(path, day: 2, x: 2)
    }

    private static func removal(_ path: String, dataChange: Bool = true) -> RemoveFile {
        RemoveFile(
            rawPath: path, deletedMilliseconds: 1, dataChange: dataChange,
            partitionValues: old(path).partitionValues, byteCount: 1)
    }

    private static func changing(_ x: Int64) -> ReadScope {
        ReadScope(filters: [.compare("x", .equal, .integer(x))], changesAllItReads: true)
    }

    static let operations: [Operation] = [
        Operation("append", isBlind: true) { $0.add(file("a", day: 1, x: 1)) },
        // INSERT ... SELECT from the table itself.
        Operation("copy x1", reads: ReadScope(filters: [.compare("x", .equal, .integer(1))])) {
            $0.add(file("c", day: 1, x: 1))
        },
        Operation("overwrite", reads: .wholeTable) {
            $0.remove(removal("old1"))
            $0.remove(removal("old2"))
            $0.add(file("o", day: 1, x: 7))
        },
        Operation("replace day1", reads: ReadScope(filters: [firstDay])) {
            $0.remove(removal("old1"))
            $0.add(file("r", day: 1, x: 8))
        },
        Operation("delete x1", reads: changing(1), deletesFrom: ["old1"]) { _ in },
        Operation("delete x2", reads: changing(2), deletesFrom: ["old2"]) { _ in },
        // Without deletion vectors the file is written anew.
        Operation("rewrite x1", reads: changing(1)) {
            $0.remove(removal("old1"))
            $0.add(file("w", day: 1, x: 1))
        },
        Operation("update x2=9", reads: changing(2), deletesFrom: ["old2"]) {
            $0.add(file("u", day: 2, x: 9))
        },
        Operation(
            "merge x1", reads: ReadScope(filters: [.compare("x", .equal, .integer(1))]), deletesFrom: ["old1"]
        ) {
            $0.add(file("m", day: 1, x: 1))
        },
        Operation("optimize") {
            $0.remove(removal("old1", dataChange: false))
            $0.add(file("z", day: 1, x: 1, dataChange: false))
        },
        Operation("restore", reads: .wholeTable) {
            $0.remove(removal("old2"))
            $0.add(file("back", day: 2, x: 2))
        },
        Operation("alter") { $0.metadata = TableMetadata(id: "m", schemaString: SchemaCodec.text(schema)) },
        Operation("upgrade") { $0.tableProtocol = TableProtocol() },
        Operation("stream", isBlind: true) {
            $0.add(file("s", day: 2, x: 2))
            $0.record(SetTransaction(appID: "stream", version: 5))
        },
        Operation("domain") { $0.record(DomainMetadata(domain: "d", configuration: "")) },
    ]

    /// One letter a pair, in the order of `operations`; rows are mine, columns what landed first.
    ///
    /// `.` goes on; `?` goes on if no row is in both (different rows of one file, or rows added that were not meant);
    /// `a` added rows that were to be read, `r` removed rows that were read, `d` both change a file, `m` metadata,
    /// `p` protocol, `=` was committed before.
    static let expected: [IsolationLevel: [String]] = [
        .writeSerializable: [
            // a  c  o  r  d1 d2 w  u  m  z  re al up st do
            "append       . . . . . . . . . . . m p . .",
            "copy x1      . a r r r . r . r . . m p . .",
            "overwrite    . a d d d d d d d d d m p . .",
            "replace day1 . a d d d . d . d d . m p . .",
            "delete x1    . ? d d ? . d . ? d . m p . .",
            "delete x2    . . d . . ? . ? . . d m p . .",
            "rewrite x1   . ? d d d . d . d d . m p . .",
            "update x2=9  . . d . . ? . ? . . d m p . .",
            "merge x1     . ? d d r . d . r d . m p . .",
            "optimize     . . d d d . d . d d . m p . .",
            "restore      . a r r r d r d r . d m p . .",
            "alter        . . . . . . . . . . . m p . .",
            "upgrade      . . . . . . . . . . . m p . .",
            "stream       . . . . . . . . . . . m p = .",
            "domain       . . . . . . . . . . . m p . m",
        ],
        .serializable: [
            // a  c  o  r  d1 d2 w  u  m  z  re al up st do
            "append       . . . . . . . . . . . m p . .",
            "copy x1      a a r r r . r . r . . m p . .",
            "overwrite    a a d d d d d d d d d m p a .",
            "replace day1 a a d d d . d . d d . m p . .",
            "delete x1    ? ? d d ? . d . ? d . m p . .",
            "delete x2    . . d . . ? . ? . . d m p ? .",
            "rewrite x1   ? ? d d d . d . d d . m p . .",
            "update x2=9  . . d . . ? . ? . . d m p ? .",
            "merge x1     ? ? d d r . d . r d . m p . .",
            "optimize     . . d d d . d . d d . m p . .",
            "restore      a a r r r d r d r . d m p a .",
            "alter        . . . . . . . . . . . m p . .",
            "upgrade      . . . . . . . . . . . m p . .",
            "stream       . . . . . . . . . . . m p = .",
            "domain       . . . . . . . . . . . m p . m",
        ],
    ]

    @Test(arguments: IsolationLevel.allCases)
    func everyPairOfOperations(_ isolation: IsolationLevel) throws {
        let base = try snapshot([
            firstCommit(Self.schema, partitionColumns: ["day"]),
            commit(1) {
                $0.add(Self.old("old1"))
                $0.add(Self.old("old2"))
            },
        ])
        var rows: [String] = []
        for mine in Self.operations {
            let cells = try Self.operations.map { try outcome(mine, after: $0, base, isolation) }
            let name = mine.name + String(repeating: " ", count: 13 - mine.name.count)
            rows.append(name + cells.joined(separator: " "))
        }
        let expected = try #require(Self.expected[isolation])
        for (row, wanted) in zip(rows, expected) { #expect(row == wanted) }
        #expect(rows.count == expected.count)
    }

    private func outcome(
        _ mine: Operation, after theirs: Operation, _ base: DeltaSnapshot, _ isolation: IsolationLevel
    ) throws -> String {
        var builder = CommitBuilder(info: CommitInfo(timestampMilliseconds: 1, operation: mine.name))
        mine.mine(&builder)
        let landed = try commit(2) {
            theirs.landed(&$0)
            $0.info?.isBlindAppend = theirs.isBlind
        }
        let files = base.files.all().filter { mine.deletesFrom.contains($0.path) }
        #expect(files.count == mine.deletesFrom.count)
        let transaction = CommitConflict.Transaction(
            builder, reads: mine.reads, filesWithDeletions: files,
            knowsItsRows: mine.reads.changesAllItReads || !files.isEmpty)
        do {
            let outcome = try CommitConflict.check(
                transaction, landed: [landed], base: base, isolation: isolation)
            guard case .retry(let open) = outcome else { return "=" }
            return open.isEmpty ? "." : "?"
        } catch {
            #expect(error.code == .conflict && error.isRetryable)
            switch error.context.first(where: { $0.name == "conflict" })?.value {
            case "concurrentAppend": return "a"
            case "concurrentDeleteRead": return "r"
            case "concurrentDeleteDelete": return "d"
            case "metadataChanged": return "m"
            case "protocolChanged": return "p"
            default: return "!"
            }
        }
    }
}
