/// A database that can be a metastore; one implementation a database, all under one contract suite.
///
/// Errors are whatever the database's own are; `Metastore` puts them into the words of the house.
protocol MetastoreStore: Sendable {
    /// Runs `body` in a transaction that sees one moment and writes nothing.
    func read<T: Sendable>(_ body: @escaping @Sendable (MetastoreConnection) throws -> T) async throws -> T
    /// Runs `body` in a transaction; writers of all processes come one after the other.
    func write<T: Sendable>(_ body: @escaping @Sendable (MetastoreConnection) throws -> T) async throws -> T
    /// Looks at the store itself, each time it is called.
    func currentChangeToken() async throws -> MetastoreChangeToken
    /// Waits for what runs, then lets go of files, connections and threads.
    func close() throws
}
