internal import Base
internal import Tables

extension QueryService {
    /// Runs a statement that was parsed, and tells the observer how it went.
    func run(_ call: StatementCall) async throws -> StatementResult {
        guard let observe else { return try await finish(call, try call.parse()) }
        let start = tables.context.time.nowMicroseconds()
        var kind = "INVALID"
        do {
            let statement = try call.parse()
            kind = call.kindName(statement)
            let result = try await finish(call, statement)
            await observe(facts(of: call, kind, start, outcome: nil, result))
            return result
        } catch let shut as FolderIsShut {
            // It runs once more, where the folder is open.
            throw shut
        } catch {
            let code = (error as? TarnError)?.code ?? (error is CancellationError ? .cancelled : .internal)
            await observe(facts(of: call, kind, start, outcome: code, nil))
            throw error
        }
    }

    /// Tells the observer of a text that holds no statement that could be parsed.
    func observeRefusal(of sql: String, _ context: QueryContext, _ error: any Error) async {
        guard let observe else { return }
        let now = tables.context.time.nowMicroseconds()
        await observe(
            StatementFacts(
                kind: "INVALID", principal: context.principal, sql: sql, startMicroseconds: now,
                endMicroseconds: now, reads: [], writes: [],
                outcome: (error as? TarnError)?.code ?? .internal))
    }

    private func finish(_ call: StatementCall, _ statement: Statement) async throws -> StatementResult {
        if call.context.isReadOnly, !statement.isReading {
            throw TarnError(
                .permissionDenied,
                "Only statements that change nothing may run here: the token is for reading.")
        }
        try await call.authorize(statement)
        let result = try await call.run(statement)
        await columnKeeper.keep(call.opened)
        return result
    }

    private func facts(
        of call: StatementCall, _ kind: String, _ start: Int64, outcome: TarnError.Code?,
        _ result: StatementResult?
    ) -> StatementFacts {
        let used = call.record.tables(version: result?.version)
        return StatementFacts(
            kind: kind, principal: call.context.principal, sql: call.text.string(call.text.extent),
            startMicroseconds: start, endMicroseconds: tables.context.time.nowMicroseconds(),
            reads: used.reads, writes: used.writes, outcome: outcome, result: result?.kind,
            derivation: outcome == nil ? used.derivation : nil)
    }
}

extension StatementCall {
    func parse() throws -> Statement {
        var parser = StatementParser(text)
        return try parser.parse()
    }
}

extension StatementCall {
    /// The words that start a statement, for people and logs.
    func kindName(_ statement: Statement) -> String {
        switch statement {
        case .query: return "SELECT"
        case .createTable(let statement):
            return statement.query == nil ? "CREATE TABLE" : "CREATE TABLE AS SELECT"
        case .insert(let statement):
            if case .nothing = statement.replacing { return "INSERT" }
            return "INSERT OVERWRITE"
        case .clone: return "CLONE"
        default: return leadingWords
        }
    }

    /// `DROP TABLE`, `CREATE FUNCTION`, `MERGE`: what is done, and to which kind of object where that is said next.
    private var leadingWords: String {
        let words = (0..<min(4, text.tokens.count)).map { text.name($0)?.uppercased() ?? "" }
        guard let first = words.first else { return "" }
        guard ["CREATE", "DROP", "ALTER"].contains(first), words.count > 1 else { return first }
        if words[1] == "OR", words.count > 3 { return "\(first) \(words[3])" }
        return "\(first) \(words[1])"
    }
}
