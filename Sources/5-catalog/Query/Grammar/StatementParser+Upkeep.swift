internal import Base
internal import TableModel

extension StatementParser {
    /// `OPTIMIZE name [FULL] [WHERE condition] [ZORDER BY (columns)]`.
    mutating func optimize() throws -> Statement {
        cursor.skip()
        var optimize = OptimizeStatement(name: try cursor.tableReference())
        optimize.isFull = cursor.accept("full")
        if cursor.accept("where") {
            optimize.condition = try cursor.expression("a condition", until: ["zorder"])
        }
        if cursor.accept("zorder", "by") {
            if cursor.peekSign("(") {
                optimize.zOrder = try cursor.list { try $0.columnPath() }
            } else {
                repeat { optimize.zOrder.append(try cursor.columnPath()) } while cursor.acceptSign(",")
            }
        }
        return .optimize(optimize)
    }

    /// `VACUUM name [FULL] [RETAIN n HOURS|DAYS] [DRY RUN] [FORCE]`, in any order.
    mutating func vacuum() throws -> Statement {
        cursor.skip()
        var vacuum = VacuumStatement(name: try cursor.tableReference())
        while let word = cursor.peek() {
            switch word {
            case "retain":
                cursor.skip()
                vacuum.retention = try duration()
            case "dry":
                try cursor.expect("dry", "run")
                vacuum.isDryRun = true
            case "force":
                cursor.skip()
                vacuum.isForced = true
            // Spark's word for looking at all files of the folder, which is what is always done.
            case "full": cursor.skip()
            case "lite":
                throw unsupported("VACUUM ... LITE is not supported; VACUUM looks at all files of the folder")
            default: throw cursor.unexpected("RETAIN, DRY RUN or FORCE")
            }
        }
        return .vacuum(vacuum)
    }

    /// `168 HOURS`, `0.5 DAYS`.
    private mutating func duration() throws -> Duration {
        let start = cursor.offset
        guard cursor.peekKind() == .number, let count = Double(cursor.text.spelling(cursor.index)),
            count.isFinite, count <= 1e6
        else { throw cursor.unexpected("a number of hours or days") }
        cursor.skip()
        if cursor.accept("hours") || cursor.accept("hour") { return .seconds(count * 3600) }
        if cursor.accept("days") || cursor.accept("day") { return .seconds(count * 86_400) }
        if cursor.accept("minutes") || cursor.accept("minute") { return .seconds(count * 60) }
        throw cursor.isAtEnd
            ? cursor.syntaxError("RETAIN needs a unit: HOURS or DAYS", at: start)
            : cursor.unexpected("HOURS or DAYS")
    }

    /// `REORG TABLE name [WHERE condition] APPLY (PURGE)`.
    mutating func reorg() throws -> Statement {
        cursor.skip()
        _ = cursor.accept("table")
        var reorg = ReorgStatement(name: try cursor.tableReference())
        if cursor.accept("where") {
            reorg.condition = try cursor.expression("a condition", until: ["apply"])
        }
        try cursor.expect("apply")
        try cursor.expectSign("(")
        if cursor.peek() == "upgrade" { throw unsupported("REORG ... APPLY (UPGRADE ...) is not supported") }
        try cursor.expect("purge")
        try cursor.expectSign(")")
        return .reorg(reorg)
    }

    /// `RESTORE [TABLE] name [TO] VERSION|TIMESTAMP AS OF value`.
    mutating func restore() throws -> Statement {
        cursor.skip()
        if cursor.peek() == "table", cursor.peekKind(1) != .sign { cursor.skip() }
        let name = try cursor.tableReference()
        _ = cursor.accept("to")
        guard let travel = try cursor.travel() else {
            throw cursor.unexpected("TO VERSION AS OF or TO TIMESTAMP AS OF")
        }
        return .restore(RestoreStatement(name: name, travel: travel))
    }

    /// What follows `CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name`; `nil` if it is no clone.
    mutating func clone(
        _ name: ObjectName, orReplace: Bool, ifNotExists: Bool
    ) throws -> CloneStatement? {
        let isShallow: Bool
        if cursor.accept("shallow", "clone") {
            isShallow = true
        } else if cursor.accept("deep", "clone") || cursor.accept("clone") {
            isShallow = false
        } else {
            return nil
        }
        var clone = CloneStatement(
            name: name, orReplace: orReplace, ifNotExists: ifNotExists, isShallow: isShallow,
            source: try cursor.tableReference())
        clone.travel = try cursor.travel(until: ["tblproperties", "location"])
        while !cursor.isAtEnd {
            if cursor.accept("tblproperties") {
                clone.properties += try properties()
            } else if cursor.accept("location") {
                clone.location = try cursor.string("a path")
            } else {
                throw cursor.unexpected("VERSION AS OF, TIMESTAMP AS OF, TBLPROPERTIES or LOCATION")
            }
        }
        return clone
    }

    /// `CONVERT TO DELTA parquet|iceberg.'/folder' [NO STATISTICS] [PARTITIONED BY (name type, ...)]`.
    mutating func convert() throws -> Statement {
        cursor.skip()
        try cursor.expect("to", "delta")
        let name = try cursor.objectName("folder", parts: 2)
        guard name.parts.count == 2,
            let format = ConvertStatement.Format(rawValue: name.parts[0].lowercased())
        else {
            throw cursor.syntaxError(
                "CONVERT TO DELTA takes parquet.`/folder` or iceberg.`/folder`", at: name.range.lowerBound)
        }
        var convert = ConvertStatement(format: format, path: name.parts[1], pathRange: name.range)
        while !cursor.isAtEnd {
            if cursor.accept("no", "statistics") {
                convert.takesStatistics = false
            } else if cursor.accept("partitioned", "by") {
                convert.partitionColumns = try cursor.list { try Self.columnDefinition(&$0) }
            } else {
                throw cursor.unexpected("NO STATISTICS or PARTITIONED BY")
            }
        }
        return .convert(convert)
    }
}
