internal import Base
internal import OnlineStore

/// Puts the answer to a request together.
///
/// Rows come view by view and entity by entity, but the answer goes feature by feature: values are written one after
/// another as they come, with their places kept, and copied into order at the end.
struct OnlineResponse: ~Copyable {
    private let plan: ServingPlan
    private let rowCount: Int
    private let now: Int64
    private var values = ByteSink(capacity: 4096)
    /// Where each value begins: by view, then row, then feature.
    private var starts: [UInt32]
    private var statuses: [Status]
    /// The event times of one view after another, each a list in JSON.
    private var times = ByteSink(capacity: 1024)
    private var timeStarts: [UInt32] = []
    private var next = 0
    private var view = 0
    /// Of the view that is being read: looked up once a view, not once a row.
    private var columns: [Int] = []
    private var timeToLive: Int64 = 0
    private var row = 0

    private enum Status: UInt8 { case present, nullValue, notFound, outsideMaxAge }

    init(plan: ServingPlan, rowCount: Int, now: Int64) {
        self.plan = plan
        self.rowCount = rowCount
        self.now = now
        let count = rowCount * plan.featureCount
        starts = [UInt32](repeating: 0, count: count + 1)
        statuses = [Status](repeating: .notFound, count: count)
    }

    /// Takes the stored row of the next entity of the view that is being read.
    mutating func take(_ bytes: UnsafeRawBufferPointer?) {
        if row == 0 {
            timeStarts.append(UInt32(truncatingIfNeeded: times.count))
            columns = plan.views[view].columns
            timeToLive = plan.views[view].timeToLive
        } else {
            times.append(UInt8(ascii: ","))
        }
        if let stored = bytes.flatMap({ OnlineRow($0) }) {
            let time = stored.eventTime
            times.append(isoTime: time)
            let (age, overflow) = now.subtractingReportingOverflow(time)
            let isOld = timeToLive > 0 && (overflow ? now > time : age > timeToLive)
            for column in columns { take(stored.value(column), isOld) }
        } else {
            times.append(Self.noTime)
            for _ in columns { append(.notFound, nil) }
        }
        row += 1
        if row == rowCount {
            row = 0
            view += 1
        }
    }

    private static let noTime: StaticString = "\"1970-01-01T00:00:00Z\""

    private mutating func take(_ value: UnsafeRawBufferPointer?, _ isOld: Bool) {
        // An old value is given out with its status, as Feast does: the caller decides.
        append(value == nil ? .nullValue : isOld ? .outsideMaxAge : .present, value)
    }

    private mutating func append(_ status: Status, _ value: UnsafeRawBufferPointer?) {
        starts[next] = UInt32(truncatingIfNeeded: values.count)
        statuses[next] = status
        next += 1
        if let value { values.append(stored: value) } else { values.append("null") }
    }

    /// Puts all parts together.
    ///
    /// - Parameters:
    ///   - request: Its columns, in order, are the first results.
    ///   - names: The join keys that the columns mean.
    ///   - body: The request's text.
    /// - Returns: The answer's JSON.
    mutating func finish(_ request: OnlineRequest, names: [String], body: UnsafeBufferPointer<UInt8>)
        -> [UInt8]
    {
        starts[next] = UInt32(truncatingIfNeeded: values.count)
        timeStarts.append(UInt32(truncatingIfNeeded: times.count))
        var out = ByteSink(
            capacity: values.count + plan.featureCount * (64 + times.count + rowCount * 12) + 512)
        out.append("{\"metadata\":{\"feature_names\":[")
        for (index, name) in names.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            var name = name
            name.withUTF8 { out.append(jsonString: $0) }
        }
        if !names.isEmpty, plan.featureCount > 0 { out.append(UInt8(ascii: ",")) }
        out.append(plan.featureNames)
        out.append("]")
        if request.includesVersions { appendVersions(&out) }
        out.append("},\"results\":[")
        for (index, column) in request.columns.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            appendKeys(column, request, body, &out)
        }
        appendFeatures(&out, isFirst: request.columns.isEmpty)
        out.append("]}")
        return out.array
    }

    private func appendVersions(_ out: inout ByteSink) {
        out.append(",\"feature_view_metadata\":[")
        for (index, view) in plan.views.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append("{\"name\":")
            var name = view.name
            name.withUTF8 { out.append(jsonString: $0) }
            out.append(",\"version\":")
            out.append(integer: Int64(view.version))
            out.append("}")
        }
        out.append("]")
    }

    private func appendKeys(
        _ column: OnlineRequest.Column, _ request: OnlineRequest, _ body: UnsafeBufferPointer<UInt8>,
        _ out: inout ByteSink
    ) {
        out.append("{\"values\":[")
        for (index, value) in request.values[column.values].enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(UnsafeBufferPointer(rebasing: body[Int(value.start)..<Int(value.end)]))
        }
        out.append("],\"statuses\":[")
        for index in 0..<column.values.count {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append("\"PRESENT\"")
        }
        out.append("],\"event_timestamps\":[")
        for index in 0..<column.values.count {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(Self.noTime)
        }
        out.append("]}")
    }

    private func appendFeatures(_ out: inout ByteSink, isFirst: Bool) {
        var isFirst = isFirst
        var base = 0
        for (viewIndex, view) in plan.views.enumerated() {
            let width = view.columns.count
            for feature in 0..<width {
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                out.append("{\"values\":[")
                for row in 0..<rowCount {
                    if row > 0 { out.append(UInt8(ascii: ",")) }
                    let place = base + row * width + feature
                    out.append(values, Int(starts[place])..<Int(starts[place + 1]))
                }
                out.append("],\"statuses\":[")
                for row in 0..<rowCount {
                    if row > 0 { out.append(UInt8(ascii: ",")) }
                    switch statuses[base + row * width + feature] {
                    case .present: out.append("\"PRESENT\"")
                    case .nullValue: out.append("\"NULL_VALUE\"")
                    case .notFound: out.append("\"NOT_FOUND\"")
                    case .outsideMaxAge: out.append("\"OUTSIDE_MAX_AGE\"")
                    }
                }
                out.append("],\"event_timestamps\":[")
                if rowCount > 0 {
                    out.append(times, Int(timeStarts[viewIndex])..<Int(timeStarts[viewIndex + 1]))
                }
                out.append("]}")
            }
            base += width * rowCount
        }
    }
}
