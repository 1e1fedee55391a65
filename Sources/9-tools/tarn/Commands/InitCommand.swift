import ArgumentParser
import Base
import Lakehouse

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a lakehouse.",
        discussion: """
            Makes the folder with its settings (tarn.yaml), metastore and folders. Running it again changes nothing.

            Examples:
              tarn init
              tarn init --home /data/lake
            """)

    @Option(help: ArgumentHelp("The folder to make (else TARN_HOME, else ./lakehouse).", valueName: "dir"))
    var home: String?
    @OptionGroup var output: JSONOption

    func run() async throws {
        let home = LakehouseHome.located(flag: home).home
        let isNew = try home.create()
        if output.isJSON {
            printJSON(.object(["home": .string(home.path), "created": .bool(isNew)]))
        } else {
            print(isNew ? "made a lakehouse in \(home.path)" : "there is a lakehouse in \(home.path) already")
        }
    }
}
