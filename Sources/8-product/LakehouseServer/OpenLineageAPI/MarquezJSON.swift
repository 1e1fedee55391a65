import Base
import Catalog
import Lineage
import TableModel

/// Marquez's shapes of nodes, jobs and runs.
enum MarquezJSON {
    static func time(_ microseconds: Int64) -> JSONValue {
        .string(CalendarText.timestamp(microseconds, separator: "T") + "Z")
    }

    static func time(_ microseconds: Int64?) -> JSONValue { microseconds.map { time($0) } ?? .null }

    static func facets(_ text: String) -> JSONValue { (try? JSONValue.parse(text)) ?? .object([:]) }

    static func id(_ node: LineageGraph.Node) -> JSONValue {
        .object(["namespace": .string(node.namespace), "name": .string(node.openLineageName)])
    }

    static func dataset(_ node: LineageGraph.Node, columns: [CatalogColumn]) -> JSONValue {
        var facets = facets(node.facets)
        var fields = columns.map { column -> JSONValue in
            .object([
                "name": .string(column.name), "type": .string(column.typeText), "tags": .array([]),
                "description": column.comment.map { .string($0) } ?? .null,
            ])
        }
        if columns.isEmpty {
            fields = (facets["schema"]?["fields"]?.array ?? []).map { field in
                .object([
                    "name": field["name"] ?? .null, "type": field["type"] ?? .null, "tags": .array([]),
                    "description": field["description"] ?? .null,
                ])
            }
        }
        if facets.object == nil { facets = .object([:]) }
        return .object([
            "id": id(node), "type": .string(node.kind == .dataset ? "STREAM_OR_FILE" : "DB_TABLE"),
            "name": .string(node.openLineageName), "physicalName": .string(node.name),
            "createdAt": time(node.createdMicroseconds), "updatedAt": time(node.updatedMicroseconds),
            "namespace": .string(node.namespace), "sourceName": .string(node.namespace),
            "fields": .array(fields), "tags": .array([]), "lastModifiedAt": time(node.updatedMicroseconds),
            "description": facets["documentation"]?["description"] ?? .null, "facets": facets,
            "deleted": .bool(node.isPast),
        ])
    }

    static func job(
        _ node: LineageGraph.Node, inputs: [LineageGraph.Node], outputs: [LineageGraph.Node],
        latestRun: LineageRun?
    ) -> JSONValue {
        let facets = facets(node.facets)
        return .object([
            "id": id(node), "type": .string("BATCH"), "name": .string(node.name),
            "simpleName": .string(node.name), "parentJobName": .null,
            "createdAt": time(node.createdMicroseconds), "updatedAt": time(node.updatedMicroseconds),
            "namespace": .string(node.namespace), "inputs": .array(inputs.map(id)),
            "outputs": .array(outputs.map(id)), "location": facets["sourceCodeLocation"]?["url"] ?? .null,
            "description": facets["documentation"]?["description"] ?? .null,
            "latestRun": latestRun.map { run($0) } ?? .null, "facets": facets, "tags": .array([]),
        ])
    }

    static func run(_ run: LineageRun) -> JSONValue {
        let states = [
            "START": "RUNNING", "RUNNING": "RUNNING", "COMPLETE": "COMPLETED", "ABORT": "ABORTED",
            "FAIL": "FAILED",
        ]
        let facets = facets(run.facets)
        var duration: JSONValue = .null
        if let start = run.startedMicroseconds, let end = run.endedMicroseconds {
            duration = .int((end - start) / 1000)
        }
        return .object([
            "id": .string(run.id), "createdAt": time(run.createdMicroseconds),
            "updatedAt": time(run.updatedMicroseconds),
            "nominalStartTime": facets["nominalTime"]?["nominalStartTime"] ?? .null,
            "nominalEndTime": facets["nominalTime"]?["nominalEndTime"] ?? .null,
            "state": .string(states[run.state] ?? "NEW"), "startedAt": time(run.startedMicroseconds),
            "endedAt": time(run.endedMicroseconds), "durationMs": duration, "args": .object([:]),
            "facets": facets,
        ])
    }
}
