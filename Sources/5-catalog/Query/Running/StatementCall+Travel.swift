internal import Base
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    /// The version or instant that a query asks for; computes it where it is an expression.
    func travel(_ value: TravelValue?) async throws -> TimeTravel {
        guard let value else { return .latest }
        switch value.expression {
        case .value(let constant): return try constantTravel(constant, value)
        case .sql(let expression): return try await computedTravel(expression, value)
        }
    }

    private func wrong(_ message: String, _ value: TravelValue) -> TarnError {
        sqlError(.invalidInput, message, text, at: value.offset)
    }

    private func constantTravel(_ constant: EngineValue, _ value: TravelValue) throws -> TimeTravel {
        switch (value.unit, constant) {
        case (.version, .int64(let version)): return try travel(toVersion: version, value)
        case (.version, .string(let text)):
            guard let version = Int64(text) else { throw wrong("'\(text)' is no version of a table.", value) }
            return try travel(toVersion: version, value)
        case (.timestamp, .timestamp(let microseconds)), (.timestamp, .timestampNtz(let microseconds)):
            return .timestamp(microseconds: microseconds)
        case (.timestamp, .date(let days)): return .timestamp(microseconds: Int64(days) * 86_400_000_000)
        case (.timestamp, .string(let text)):
            guard let microseconds = CalendarText.microseconds(text) else {
                throw wrong("'\(text)' is no time; write it like '2026-01-31 12:00:00' (UTC).", value)
            }
            return .timestamp(microseconds: microseconds)
        case (.version, _): throw wrong("A version is a whole number.", value)
        case (.timestamp, _): throw wrong("A time is expected, like '2026-01-31 12:00:00' (UTC).", value)
        }
    }

    private func travel(toVersion version: Int64, _ value: TravelValue) throws -> TimeTravel {
        if version < 0 { throw wrong("Versions count from 0, not from \(version).", value) }
        return .version(version)
    }

    /// Expressions such as `now() - INTERVAL 1 DAY`; they may use no tables.
    private func computedTravel(_ expression: String, _ value: TravelValue) async throws -> TimeTravel {
        let isVersion = value.unit == .version
        let select = isVersion ? "SELECT CAST((" : "SELECT epoch_us(CAST(("
        let sql = select + expression + (isVersion ? ") AS BIGINT)" : ") AS TIMESTAMPTZ))")
        do {
            let parsed = try await service.reader.read(try SQLText(sql), parameters: .none, localFiles: false)
            guard parsed.sources.isEmpty, parsed.tree.tableFunctions.isEmpty else {
                throw TarnError(.invalidInput, "The version or time cannot come from a query")
            }
            let result = try await engine.user.onSessionThread { connection -> Int64? in
                guard let chunk = try connection.execute(sql).nextChunk(), chunk.rowCount == 1,
                    case .integer(let number) = chunk.column(0).scalar(0)
                else { return nil }
                return number
            }
            guard let result else { throw TarnError(.invalidInput, "The version or time is NULL") }
            return isVersion ? try travel(toVersion: result, value) : .timestamp(microseconds: result)
        } catch let error as TarnError {
            if error.code == .cancelled { throw error }
            throw sqlError(
                error.code, "\(isVersion ? "The version" : "The time") cannot be computed: \(error.message)",
                text,
                at: value.offset)
        }
    }
}
