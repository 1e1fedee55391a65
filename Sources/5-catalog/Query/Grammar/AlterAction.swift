package import TableModel

/// One change of `ALTER TABLE`.
package enum AlterAction: Sendable {
    package enum Position: Sendable {
        case first
        case after(String)
    }
    case addColumn(ColumnPath, SchemaField, Position?, ifNotExists: Bool)
    case dropColumns([ColumnPath], ifExists: Bool)
    case renameColumn(ColumnPath, to: String)
    case moveColumn(ColumnPath, Position)
    case changeType(ColumnPath, DataType)
    case setNullable(ColumnPath, Bool)
    /// `nil` takes the default away.
    case setDefault(ColumnPath, Range<Int>?)
    case setColumnComment(ColumnPath, String)
    /// A counter that lags behind the rows is brought up to date.
    case syncIdentity(ColumnPath)
    case addConstraint(String, Range<Int>)
    case dropConstraint(String, ifExists: Bool)
    case setProperties([(String, String)])
    case unsetProperties([String], ifExists: Bool)
    case setComment(String)
    /// No columns is `CLUSTER BY NONE`.
    case clusterBy([ColumnPath])
    case dropFeature(String, truncatesHistory: Bool)
    case rename(ObjectName)
    /// `nil` takes it away.
    case setRowFilter(PolicyClause?)
    /// `nil` takes it away.
    case setMask(ColumnPath, PolicyClause?)
}
