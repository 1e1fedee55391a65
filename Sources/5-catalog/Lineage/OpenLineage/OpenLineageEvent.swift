package import Base
import TableModel

/// One event of OpenLineage, read and checked: a RunEvent, a DatasetEvent or a JobEvent.
///
/// OpenLineage 2-0-2.
package struct OpenLineageEvent: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case start = "START"
        case running = "RUNNING"
        case complete = "COMPLETE"
        case abort = "ABORT"
        case fail = "FAIL"
        case other = "OTHER"

        package var isLast: Bool { [.complete, .abort, .fail].contains(self) }
    }

    struct Dataset: Sendable {
        var namespace: String
        var name: String
        /// Facets of the dataset, of the input and of the output in one.
        var facets: JSONObject
    }

    struct Job: Sendable {
        var namespace: String
        var name: String
        var facets: JSONObject
    }

    let json: JSONValue
    let timeMicroseconds: Int64
    /// Of a run event.
    let runID: String?
    let state: State?
    let runFacets: JSONObject
    let job: Job?
    let inputs: [Dataset]
    let outputs: [Dataset]
    /// Of a dataset event.
    let dataset: Dataset?

    /// Reads an event as it came.
    ///
    /// - Throws: `.invalidInput` naming the field that is missing or wrong.
    package init(_ json: JSONValue) throws(TarnError) {
        guard case .object(let object) = json else { throw Self.wrong("", "must be a JSON object") }
        self.json = json
        let timeText = try Self.text(object, "eventTime", at: "")
        guard let time = CalendarText.microseconds(timeText) else {
            throw Self.wrong("eventTime", "must be a time such as 2026-01-31T12:00:00Z")
        }
        timeMicroseconds = time
        let jobObject = try Self.object(object, "job", at: "")
        let runObject = try Self.object(object, "run", at: "")
        let datasetObject = try Self.object(object, "dataset", at: "")
        if let runObject {
            let id = try Self.text(runObject, "runId", at: "run.")
            guard Self.isUUID(id) else { throw Self.wrong("run.runId", "must be a UUID") }
            runID = id.lowercased()
            runFacets = try Self.object(runObject, "facets", at: "run.") ?? [:]
            if jobObject == nil { throw Self.wrong("job", "is missing") }
        } else {
            runID = nil
            runFacets = [:]
            if jobObject == nil && datasetObject == nil {
                throw Self.wrong("run", "is missing, and there is no job and no dataset either")
            }
        }
        if let type = object["eventType"], type != .null {
            guard let state = type.string.flatMap(State.init) else {
                let words = State.allCases.map(\.rawValue).joined(separator: ", ")
                throw Self.wrong("eventType", "must be one of \(words)")
            }
            self.state = state
        } else {
            state = nil
        }
        if let jobObject {
            job = Job(
                namespace: try Self.text(jobObject, "namespace", at: "job."),
                name: try Self.text(jobObject, "name", at: "job."),
                facets: try Self.object(jobObject, "facets", at: "job.") ?? [:])
        } else {
            job = nil
        }
        if let datasetObject {
            dataset = try Self.dataset(datasetObject, at: "dataset.", facets: ["facets"])
        } else {
            dataset = nil
        }
        inputs = try Self.datasets(object, "inputs", facets: ["facets", "inputFacets"])
        outputs = try Self.datasets(object, "outputs", facets: ["facets", "outputFacets"])
    }

    /// What makes an event the same one when it is sent again.
    var key: String {
        if let runID { return "run:\(runID):\(state?.rawValue ?? ""):\(timeMicroseconds)" }
        let thing =
            dataset.map { ("dataset", $0.namespace, $0.name) }
            ?? job.map { ("job", $0.namespace, $0.name) } ?? ("", "", "")
        return "\(thing.0):\(timeMicroseconds):\(thing.1.replacing("|", with: "||"))|\(thing.2)"
    }

    private static func datasets(
        _ object: JSONObject, _ name: String, facets: [String]
    ) throws(TarnError) -> [Dataset] {
        guard let value = object[name], value != .null else { return [] }
        guard let items = value.array else { throw wrong(name, "must be an array") }
        if items.count > 10_000 { throw wrong(name, "must not have more than 10000 datasets") }
        var found: [Dataset] = []
        for (index, item) in items.enumerated() {
            guard case .object(let entry) = item else {
                throw wrong("\(name)[\(index)]", "must be a JSON object")
            }
            found.append(try dataset(entry, at: "\(name)[\(index)].", facets: facets))
        }
        return found
    }

    private static func dataset(
        _ object: JSONObject, at path: String, facets names: [String]
    ) throws(TarnError) -> Dataset {
        var facets: JSONObject = [:]
        for name in names {
            for (facet, value) in try self.object(object, name, at: path)?.members ?? [] {
                facets[facet] = value
            }
        }
        return Dataset(
            namespace: try text(object, "namespace", at: path), name: try text(object, "name", at: path),
            facets: facets)
    }

    private static func text(
        _ object: JSONObject, _ name: String, at path: String
    ) throws(TarnError) -> String {
        guard let value = object[name], value != .null else { throw wrong(path + name, "is missing") }
        guard let text = value.string, !text.isEmpty else {
            throw wrong(path + name, "must be a string that is not empty")
        }
        if text.utf8.count > 4096 { throw wrong(path + name, "must not be longer than 4096 bytes") }
        if text.utf8.contains(0) { throw wrong(path + name, "must not hold the character U+0") }
        return text
    }

    private static func object(
        _ object: JSONObject, _ name: String, at path: String
    ) throws(TarnError) -> JSONObject? {
        guard let value = object[name], value != .null else { return nil }
        guard case .object(let found) = value else { throw wrong(path + name, "must be a JSON object") }
        return found
    }

    private static func isUUID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }

    private static func wrong(_ field: String, _ what: String) -> TarnError {
        let subject = field.isEmpty ? "An OpenLineage event" : "The event's field '\(field)'"
        return TarnError(
            .invalidInput, "\(subject) \(what).", context: field.isEmpty ? [] : [("field", field)])
    }
}
