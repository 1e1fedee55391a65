/// How much of the machine the engine may use, and where it may put what does not fit in memory.
package struct EngineSettings: Sendable {
    /// DuckDB's spelling, for example `4GB`; `nil` leaves DuckDB's own default of 80 % of the machine's memory.
    package var memoryLimit: String?
    /// Threads for one instance, the session's own included; `nil` uses every core.
    package var threads: Int?
    /// Where operators that outgrow the memory limit put their data; `nil` allows no spilling.
    package var spillFolder: String?
    /// Sessions in each of the two pools (trusted and user); at least 1.
    package var connections: Int
    /// Where `LOAD name` looks for extensions; nothing is ever installed from a network.
    package var extensionFolder: String?
    /// Whether `EngineSession.progress` is kept up to date while a statement runs.
    package var tracksProgress: Bool

    /// The only folders that statements may touch, absolute paths; `nil` locks nothing.
    ///
    /// With them, DuckDB itself refuses every other file, every extension and every change of a setting, and its
    /// optimizer does not look at statistics: what a query takes in time must not tell the bounds of hidden values.
    package var lockedFolders: [String]?

    package init(
        memoryLimit: String? = nil, threads: Int? = nil, spillFolder: String? = nil, connections: Int = 4,
        extensionFolder: String? = nil, tracksProgress: Bool = false, lockedFolders: [String]? = nil
    ) {
        self.lockedFolders = lockedFolders
        self.memoryLimit = memoryLimit
        self.threads = threads
        self.spillFolder = spillFolder
        self.connections = connections
        self.extensionFolder = extensionFolder
        self.tracksProgress = tracksProgress
    }
}
