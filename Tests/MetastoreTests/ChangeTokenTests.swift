import Base
import LakehouseTesting
import Metastore
import Testing

/// What a cache is built on: the token tells of every write, by whomever, before the next question is answered.
@Suite struct ChangeTokenTests {
    private static let table = MetastoreMigration("test-1", sql: "CREATE TABLE a (x INTEGER NOT NULL) STRICT")

    @Test(arguments: MetastoreKind.allCases)
    func everyWriteOfAnyProcessChangesIt(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        let stores = [try await fixture.open([Self.table]), try await fixture.open([Self.table])]
        var seen: [Set<MetastoreChangeToken>] = [
            [try await stores[0].changeToken()], [try await stores[1].changeToken()],
        ]
        for round in 0..<20 {
            let writer = stores[round % 2]
            try await writer.write { try $0.execute("INSERT INTO a VALUES (1)") }
            for place in 0..<2 {
                let token = try await stores[place].changeToken()
                #expect(seen[place].insert(token).inserted, "round \(round), store \(place)")
                #expect(try await stores[place].changeToken() == token)
            }
        }
        let before = try await stores[1].changeToken()
        _ = try? await stores[0].write { db in
            try db.execute("INSERT INTO a VALUES (1)")
            throw TarnError(.conflict, "undone")
        }
        #expect(try await stores[1].changeToken() == before)
    }

    /// However many ask at once, nobody gets an answer that is older than his question.
    @Test(arguments: MetastoreKind.allCases)
    func nobodyGetsAnOldAnswer(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        let (writer, reader) = (try await fixture.open([Self.table]), try await fixture.open([Self.table]))
        let crowd = Task {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask { while !Task.isCancelled { _ = try? await reader.changeToken() } }
                }
            }
        }
        var last = try await reader.changeToken()
        for _ in 0..<100 {
            try await writer.write { try $0.execute("INSERT INTO a VALUES (1)") }
            let token = try await reader.changeToken()
            #expect(token != last)
            last = token
        }
        crowd.cancel()
        await crowd.value
    }
}
