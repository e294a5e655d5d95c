/**
 * The compiler, in this process: what `tsc -p` of a project says, for several projects that have the same libraries. Those are read
 * once, and not checked: the compiler's own declarations and Node's. All other declarations are.
 */
import { join } from 'node:path'
import ts from 'typescript'

/** Files that many projects have, and that nobody here wrote. */
const LIBRARY = /\/node_modules\/(typescript\/lib|@types\/[^/]+|undici-types)\//

/** A file that was read, for each way to read it. */
type Libraries = Map<string, ts.SourceFile>

/** The compiler of the projects of a test file. */
export class Compiler {
  readonly #libraries: Libraries = new Map()

  /** Compiles the project of the `tsconfig.json` in a folder, and writes what it says to write. Returns what is wrong. */
  compile(folder: string): string[] {
    const path = join(folder, 'tsconfig.json')
    const { config, error } = ts.readConfigFile(path, ts.sys.readFile)
    if (error !== undefined) return [messageOf(error)]
    const { options, fileNames, errors } = ts.parseJsonConfigFileContent(
      config,
      ts.sys,
      folder,
      {},
      path,
    )
    const program = ts.createProgram(fileNames, options, this.#host(options))
    const diagnostics = [
      ...errors,
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...program
        .getSourceFiles()
        .filter(({ fileName }) => !LIBRARY.test(fileName))
        .flatMap((file) => [
          ...program.getSyntacticDiagnostics(file),
          ...program.getSemanticDiagnostics(file),
        ]),
    ]
    if (!options.noEmit) {
      // By file: when all are asked for at once, the compiler checks the libraries before it writes.
      for (const name of fileNames) {
        diagnostics.push(...program.emit(program.getSourceFile(name)).diagnostics)
      }
    }
    return diagnostics.map(messageOf)
  }

  #host(options: ts.CompilerOptions): ts.CompilerHost {
    const host = ts.createCompilerHost(options)
    const libraries = this.#libraries
    return {
      ...host,
      getSourceFile(name, how, ...more) {
        if (!LIBRARY.test(name)) return host.getSourceFile(name, how, ...more)
        const key = `${JSON.stringify(how, ['languageVersion', 'impliedNodeFormat'])} ${name}`
        const file = libraries.get(key) ?? host.getSourceFile(name, how, ...more)
        if (file !== undefined) libraries.set(key, file)
        return file
      },
    }
  }
}

/** `FILE(3): Cannot find module 'node:fs'.` */
function messageOf({ file, start, messageText }: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, ' ')
  if (file === undefined || start === undefined) return text
  return `${file.fileName}(${file.getLineAndCharacterOfPosition(start).line + 1}): ${text}`
}
