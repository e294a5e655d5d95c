/** Main: starts the page. */
import { App } from './app.js'

void new App().start(location.hash.slice(1))
