import ArgumentParser
import Base
import Lakehouse

/// What every command takes that works on a lakehouse.
struct HomeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The lakehouse's folder (else TARN_HOME, else ./lakehouse).", valueName: "dir"))
    var home: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Override a setting; may be repeated. `tarn settings` lists them.", valueName: "name=value"))
    var overrides: [String] = []

    var located: (home: LakehouseHome, isDefault: Bool) { LakehouseHome.located(flag: home) }

    /// The home, which must exist.
    func existingHome() throws -> LakehouseHome {
        let home = located.home
        try home.requireExisting()
        return home
    }

    /// The lakehouse, which must exist.
    func openLakehouse() throws -> Lakehouse {
        let lake = Lakehouse(
            home: try existingHome(), settings: try settings(), purpose: .command(CommandWords.current),
            warn: printWarning)
        CommandWords.opened(lake)
        return lake
    }

    func settings() throws -> LakehouseSettings {
        try LakehouseSettings.load(file: located.home.settingsFile, overrides: overrides)
    }
}

/// `--json` for commands that list or show.
struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON.")
    var isJSON = false
}
