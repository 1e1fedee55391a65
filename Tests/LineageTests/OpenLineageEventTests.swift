import Base
import Catalog
import Lineage
import Testing

@Suite struct OpenLineageEventTests {
    private static let run = "01890f5e-1111-7abc-8def-000000000001"

    private static func text(
        _ type: String = "COMPLETE", time: String = "2026-01-31T12:00:00Z", run: String = run,
        inputs: String = "[]", outputs: String = "[]"
    ) -> String {
        """
        {"eventType": "\(type)", "eventTime": "\(time)", "producer": "p", "schemaURL": "s",
         "run": {"runId": "\(run)", "facets": {}},
         "job": {"namespace": "airflow://x:8080", "name": "daily.load", "facets": {}},
         "inputs": \(inputs), "outputs": \(outputs)}
        """
    }

    /// What is wrong with an event is told by its field.
    @Test(arguments: [
        ("[]", "An OpenLineage event must be a JSON object."),
        ("{}", "The event's field 'eventTime' is missing."),
        (#"{"eventTime": 3}"#, "The event's field 'eventTime' must be a string that is not empty."),
        (
            #"{"eventTime": "yesterday"}"#,
            "The event's field 'eventTime' must be a time such as 2026-01-31T12:00:00Z."
        ),
        (
            #"{"eventTime": "2026-01-31T12:00:00Z"}"#,
            "The event's field 'run' is missing, and there is no job and no dataset either."
        ),
        (
            #"{"eventTime": "2026-01-31T12:00:00Z", "run": {"runId": "7"}, "job": {"namespace": "n", "name": "j"}}"#,
            "The event's field 'run.runId' must be a UUID."
        ),
        (
            #"{"eventTime": "2026-01-31T12:00:00Z", "job": {"namespace": "n"}}"#,
            "The event's field 'job.name' is missing."
        ),
        (
            #"{"eventTime": "2026-01-31T12:00:00Z", "eventType": "DONE", "job": {"namespace": "n", "name": "j"}}"#,
            "The event's field 'eventType' must be one of START, RUNNING, COMPLETE, ABORT, FAIL, OTHER."
        ),
        (
            #"{"eventTime": "2026-01-31T12:00:00Z", "job": {"namespace": "n", "name": "j"}, "inputs": [{"name": "x"}]}"#,
            "The event's field 'inputs[0].namespace' is missing."
        ),
    ])
    func refusesWrongEvents(_ text: String, _ message: String) throws {
        let error = #expect(throws: TarnError.self) {
            _ = try OpenLineageEvent(try JSONValue.parse(text))
        }
        #expect(error?.code == .invalidInput)
        #expect(error?.message == message)
    }

    private func send(_ fixture: LineageFixture, _ text: String, as principal: Principal = .system)
        async throws
        -> Bool
    {
        try await fixture.lineage.receive(
            try OpenLineageEvent(try JSONValue.parse(text)), from: principal)
    }

    @Test func takesAnEventOnce() async throws {
        let fixture = try await LineageFixture()
        let inputs = #"[{"namespace": "s3://lake", "name": "raw/a:b"}]"#
        let outputs = #"[{"namespace": "postgres://db:5432", "name": "shop.public.orders"}]"#
        #expect(try await send(fixture, Self.text("START", inputs: inputs, outputs: outputs)))
        let event = Self.text(time: "2026-01-31T12:00:05Z", inputs: inputs, outputs: outputs)
        #expect(try await send(fixture, event))
        #expect(try await !send(fixture, event))
        let id = "dataset:postgres://db:5432:shop.public.orders"
        let node = try #require(try await fixture.lineage.find(nodeID: id, for: .system))
        let graph = try #require(try await fixture.lineage.graph(from: node.key, .upstream, for: .system))
        #expect(graph.edges.map(\.times) == [2])
        #expect(graph.nodes.values.map(\.openLineageID).sorted() == [id, "dataset:s3://lake:raw/a:b"])
        let run = try #require(try await fixture.lineage.run(id: Self.run.uppercased(), for: .system))
        #expect(run.0.state == "COMPLETE")
        #expect(run.0.endedMicroseconds.map { $0 - (run.0.startedMicroseconds ?? 0) } == 5_000_000)
        #expect(
            try await fixture.lineage.events(after: nil, before: nil, limit: 10, offset: 0, for: .system)
                .total == 2)
        let job = try #require(
            try await fixture.lineage.find(nodeID: "job:airflow://x:8080:daily.load", for: .system))
        #expect(try await fixture.lineage.uses(byJobs: true, [job.key], for: .system).uses.count == 2)
    }

    /// An end that came before its start, and an event that came late, leave the run as it ended.
    @Test func lateEventsDoNotReopenARun() async throws {
        let fixture = try await LineageFixture()
        #expect(try await send(fixture, Self.text("FAIL", time: "2026-01-31T12:00:05Z")))
        #expect(try await send(fixture, Self.text("START", time: "2026-01-31T12:00:00Z")))
        #expect(try await send(fixture, Self.text("RUNNING", time: "2026-01-31T12:00:09Z")))
        let run = try #require(try await fixture.lineage.run(id: Self.run, for: .system))
        #expect(run.0.state == "FAIL")
        #expect(run.0.startedMicroseconds != nil && run.0.endedMicroseconds != nil)
    }

    /// A place that is a table's is that table, for those who may see it.
    @Test(arguments: ["file", "file://", "file://localhost"])
    func placesOfTablesAreTheTables(_ namespace: String) async throws {
        let fixture = try await LineageFixture()
        let table = try await fixture.table("orders")
        let place = "/warehouse/\(try #require(table.catalogID))"
        let outputs = #"[{"namespace": "\#(namespace)", "name": "\#(place)/"}]"#
        let inputs = #"[{"namespace": "x", "name": "y"}]"#
        #expect(try await send(fixture, Self.text(inputs: inputs, outputs: outputs)))
        #expect(try await fixture.reached(table, .upstream) == ["y"])
        let stranger = try await fixture.principal("stranger", seeing: [])
        let other = "01890f5e-1111-7abc-8def-000000000002"
        let more = #"[{"namespace": "x", "name": "z"}]"#
        #expect(try await send(fixture, Self.text(run: other, inputs: more, outputs: outputs), as: stranger))
        #expect(try await fixture.reached(table, .upstream) == ["y"])
    }

    @Test func columnLineageIsTakenOver() async throws {
        let fixture = try await LineageFixture()
        let outputs = """
            [{"namespace": "x", "name": "out", "facets": {"columnLineage": {"fields": {
              "total": {"inputFields": [{"namespace": "x", "name": "in", "field": "price"}]}}}}}]
            """
        #expect(
            try await send(
                fixture, Self.text(inputs: #"[{"namespace": "x", "name": "in"}]"#, outputs: outputs)))
        let out = LineageNode(.dataset, namespace: "x", name: "out")
        let found = try await fixture.lineage.columnLineage(
            from: out.key, columns: ["total"], .upstream, for: .system)
        #expect(found.edges.map(\.source.column) == ["price"])
    }

    /// Jobs and events name what not everybody may see.
    @Test func eventsAreTheirReportersAlone() async throws {
        let fixture = try await LineageFixture()
        let ann = try await fixture.principal("ann", seeing: [])
        let bob = try await fixture.principal("bob", seeing: [])
        #expect(try await send(fixture, Self.text(inputs: #"[{"namespace": "x", "name": "y"}]"#), as: ann))
        let lineage = fixture.lineage
        #expect(try await lineage.events(after: nil, before: nil, limit: 9, offset: 0, for: ann).total == 1)
        #expect(try await lineage.events(after: nil, before: nil, limit: 9, offset: 0, for: bob).total == 0)
        #expect(try await lineage.nodes(nil, for: ann).count == 2)
        #expect(try await lineage.nodes(nil, for: bob).isEmpty)
        #expect(try await lineage.run(id: Self.run, for: bob) == nil)
    }
}
