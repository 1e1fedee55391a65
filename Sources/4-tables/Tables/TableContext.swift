package import Base
package import Engine

/// What every open table needs from the house: the engine, the clock, random numbers.
package struct TableContext: Sendable {
    package var engine: Engine
    package let time: any TimeSource
    package let random: any RandomSource
    /// Written into each commit, for example `tarn/0.1.0`.
    package let engineInfo: String
    /// Told of what went wrong without making a commit fail: a checkpoint or a clean-up.
    package let warn: @Sendable (String) -> Void
    /// Whether tables whose properties ask for it get their small files joined after commits; the house's off switch.
    package var compactsFiles = true
    /// What is done to logs after commits, and when.
    package let upkeep: LogUpkeep
    /// Properties of tables that are created, unless their definition has them.
    package var newTableProperties: [String: String] = [:]

    package init(
        engine: Engine, time: any TimeSource = SystemTimeSource(),
        random: any RandomSource = SystemRandomSource(), engineInfo: String = "tarn",
        warn: @escaping @Sendable (String) -> Void = { _ in }, upkeep: LogUpkeep = LogUpkeep()
    ) {
        self.engine = engine
        self.time = time
        self.random = random
        self.engineInfo = engineInfo
        self.warn = warn
        self.upkeep = upkeep
    }
}
