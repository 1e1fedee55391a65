import Base
import Catalog
import Lineage
import Testing

@Suite struct LineageGraphTests {
    private struct Case: CustomTestStringConvertible {
        var start: String
        var direction: LineageDirection
        var depth: Int?
        var reached: Set<String>
        var testDescription: String { "\(direction) of \(start), \(depth.map(String.init) ?? "all") steps" }
    }

    /// `a -> b -> c -> a` is a cycle; `c -> d`; `e` stands alone.
    private static let cases = [
        Case(start: "a", direction: .downstream, depth: 1, reached: ["b"]),
        Case(start: "a", direction: .downstream, depth: 2, reached: ["b", "c"]),
        Case(start: "a", direction: .downstream, depth: nil, reached: ["b", "c", "d"]),
        Case(start: "d", direction: .upstream, depth: 1, reached: ["c"]),
        Case(start: "d", direction: .upstream, depth: nil, reached: ["a", "b", "c"]),
        Case(start: "d", direction: .downstream, depth: nil, reached: []),
        Case(start: "a", direction: .upstream, depth: 0, reached: []),
    ]

    @Test(arguments: cases)
    private func followsEdgesOverCycles(_ test: Case) async throws {
        let fixture = try await LineageFixture()
        var nodes: [String: LineageNode] = [:]
        for name in ["a", "b", "c", "d", "e"] { nodes[name] = try await fixture.table(name) }
        for (from, to) in [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")] {
            await fixture.record([try #require(nodes[from])], [try #require(nodes[to])])
        }
        let reached = try await fixture.reached(
            try #require(nodes[test.start]), test.direction, depth: test.depth)
        #expect(reached == Set(test.reached.map { "main.default.\($0)" }))
        #expect(try await fixture.reached(try #require(nodes["e"]), .upstream) == nil)
    }

    /// Repeated statements raise a counter, and a statement that reads what it writes is no edge.
    @Test func countsWhatIsRepeated() async throws {
        let fixture = try await LineageFixture()
        let (a, b) = (try await fixture.table("a"), try await fixture.table("b"))
        for _ in 0..<3 { await fixture.record([a, b], [b]) }
        await fixture.lineage.flush()
        for _ in 0..<2 { await fixture.record([a], [b], kind: "MERGE") }
        let graph = try #require(try await fixture.lineage.graph(from: b.key, .upstream, for: .system))
        #expect(graph.edges.count == 1)
        #expect(graph.edges.first?.times == 5)
        #expect(graph.edges.first?.statementKind == "MERGE")
    }

    @Test func renamesKeepEdgesAndDroppedTablesStay() async throws {
        let fixture = try await LineageFixture()
        let (a, b) = (try await fixture.table("a"), try await fixture.table("b"))
        await fixture.record([a], [b])
        _ = try await fixture.catalog.renameTable(try QualifiedName("b"), to: try QualifiedName("b2"))
        #expect(try await fixture.reached(a, .downstream) == ["main.default.b2"])
        try await fixture.catalog.dropTable(try QualifiedName("a"))
        let graph = try #require(try await fixture.lineage.graph(from: b.key, .upstream, for: .system))
        #expect(graph.nodes[a.key]?.isPast == true)
        #expect(graph.nodes[b.key]?.isPast == false)
        #expect(graph.nodes[a.key]?.name == "main.default.a")
    }

    /// What may not be seen is nowhere, and nothing is reached through it.
    @Test func hidesWhatThePrincipalMayNotSee() async throws {
        let fixture = try await LineageFixture()
        var nodes: [LineageNode] = []
        for name in ["a", "b", "c"] { nodes.append(try await fixture.table(name)) }
        await fixture.record([nodes[0]], [nodes[1]])
        await fixture.record([nodes[1]], [nodes[2]])
        let topic = LineageNode(.dataset, namespace: "kafka://broker", name: "secret")
        await fixture.record([topic], [nodes[2]])
        let view = LineageNode(.featureView, name: "of a")
        await fixture.record([nodes[0]], [view])
        await fixture.record([nodes[1]], [LineageNode(.featureView, name: "of b")])
        let ann = try await fixture.principal("ann", seeing: ["a", "c"])
        #expect(try await fixture.reached(nodes[0], .downstream, as: ann) == ["of a"])
        #expect(try await fixture.reached(nodes[2], .upstream, as: ann) == [])
        #expect(try await fixture.reached(nodes[1], .upstream, as: ann) == nil)
        var pairs = 0
        try await fixture.lineage.forEachEdge(for: ann, pageSize: 2) { edges, _ in
            pairs += edges.count
            return true
        }
        #expect(pairs == 1)
        let owner = try await fixture.reached(nodes[2], .upstream)
        #expect(owner == ["main.default.a", "main.default.b", "secret"])
    }

    /// Random graphs against a search that looks at every edge again and again.
    @Test(arguments: 0..<8)
    func reachesWhatTheSlowSearchReaches(seed: UInt64) async throws {
        var random = SplitMix(seed)
        let fixture = try await LineageFixture()
        let count = 12
        let nodes = (0..<count).map { LineageNode(.dataset, namespace: "x", name: "n\($0)") }
        var edges: [(Int, Int)] = []
        for _ in 0..<random.below(30) { edges.append((random.below(count), random.below(count))) }
        for node in nodes { await fixture.record([], [node]) }
        for (from, to) in edges { await fixture.record([nodes[from]], [nodes[to]]) }
        for start in 0..<count {
            for depth in [1, 2, 3, 100] {
                var reached: Set<Int> = [start]
                for _ in 0..<min(depth, count) {
                    for (from, to) in edges where reached.contains(from) && !reached.contains(to) {
                        reached.insert(-1 - to)
                    }
                    reached = Set(reached.map { $0 < 0 ? -1 - $0 : $0 })
                }
                let expected = Set(reached.subtracting([start]).map { "n\($0)" })
                let found = try await fixture.reached(nodes[start], .downstream, depth: depth)
                #expect(found == expected, "seed \(seed), from \(start), depth \(depth)")
            }
        }
    }
}

/// Random numbers that a seed determines.
struct SplitMix {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(limit))
    }
}
