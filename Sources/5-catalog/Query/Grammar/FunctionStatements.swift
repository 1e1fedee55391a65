package import TableModel

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
