"""Both models on SimPy 2, which Debian has as python3-simpy. Arguments: model, until, and the numbers of the model as JSON."""
import json
import math
import sys
import time

from SimPy.Simulation import Process, Resource, Simulation, hold, release, request

model, until, numbers = sys.argv[1], float(sys.argv[2]), json.loads(sys.argv[3])
SIZE = numbers["variates"]
table, state = [], 12345
for _ in range(SIZE):
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    table.append(-math.log((state + 1) / 0x80000000))
at = done = 0


def variate():
    global at
    at += 1
    return table[at % SIZE]


class Machine(Process):
    def run(self, repairers):
        global done
        while True:
            yield hold, self, variate() * numbers["untilFailure"]
            yield request, self, repairers
            yield hold, self, variate() * numbers["repair"]
            yield release, self, repairers
            done += 1


class Customer(Process):
    def run(self, servers):
        global done
        yield request, self, servers
        yield hold, self, variate() * numbers["service"]
        yield release, self, servers
        done += 1


class Source(Process):
    def run(self, servers):
        while True:
            yield hold, self, variate() * numbers["between"]
            customer = Customer(sim=self.sim)
            self.sim.activate(customer, customer.run(servers))


sim = Simulation()
sim.initialize()
if model == "repair":
    shop = Resource(capacity=numbers["repairers"], sim=sim)
    for _ in range(numbers["machines"]):
        machine = Machine(sim=sim)
        sim.activate(machine, machine.run(shop))
else:
    servers = Resource(capacity=numbers["servers"], sim=sim)
    source = Source(sim=sim)
    sim.activate(source, source.run(servers))
began = time.perf_counter()
sim.simulate(until=until)
print(json.dumps({"done": done, "seconds": time.perf_counter() - began}))
