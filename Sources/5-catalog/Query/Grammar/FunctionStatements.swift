package import TableModel

/// What is said about objects of the catalog that are no tables.
package enum ObjectStatement: Sendable {
    case createFunction(CreateFunctionStatement)
    case drop(ObjectKind, ObjectName, ifExists: Bool)
    case show(ObjectKind, scope: ObjectName?, pattern: String?)
    case describe(ObjectKind, ObjectName)
}

/// The kinds of objects that statements name.
package enum ObjectKind: String, Sendable, CaseIterable {
    case function
}

/// `CREATE FUNCTION name (parameters) RETURNS type RETURN body`.
package struct CreateFunctionStatement: Sendable {
    package struct Parameter: Sendable {
        package var name: String
        package var type: DataType
        /// SQL.
        package var defaultValue: String?
        package var comment: String?
    }
    package var name: ObjectName
    package var orReplace = false
    package var ifNotExists = false
    package var parameters: [Parameter] = []
    package var returnType: DataType
    package var comment: String?
    package var isDeterministic = true
    /// An expression, or a SELECT.
    package var body: Range<Int>
}
