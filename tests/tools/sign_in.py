"""Opens an address in LibreOffice, signs in when it asks, and prints the sheet's rows as JSON.

Run by a python that has LibreOffice's bridge (`import uno`): pipe's name, address, user, password.
"""

import json
import sys
import time

import uno
import unohelper
from com.sun.star.beans import PropertyValue
from com.sun.star.task import XInteractionHandler


class Person(unohelper.Base, XInteractionHandler):
    """Who sits before the screen that there is not, and fills in what is asked for."""

    def __init__(self, user, password):
        self.user, self.password, self.asked = user, password, 0

    def handle(self, request):
        wanted = uno.getTypeByName("com.sun.star.ucb.XInteractionSupplyAuthentication")
        for way in request.getContinuations():
            form = way.queryInterface(wanted)
            if form:
                self.asked += 1
                form.setUserName(self.user)
                form.setPassword(self.password)
                form.select()


def connect(pipe):
    here = uno.getComponentContext()
    resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
    for _ in range(300):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:  # It is not there yet.
            time.sleep(0.2)
    raise AssertionError("LibreOffice does not begin")


def setting(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def main():
    pipe, address, user, password = sys.argv[1:]
    office = connect(pipe)
    desktop = office.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", office)
    try:
        files = office.ServiceManager.createInstanceWithContext("com.sun.star.ucb.SimpleFileAccess", office)
        person = Person(user, password)
        files.setInteractionHandler(person)
        stream = files.openFileRead(address)
        assert person.asked == 1, f"it asked {person.asked} times"
        settings = [
            setting("Hidden", True),
            setting("InputStream", stream),
            setting("FilterName", "Text - txt - csv (StarCalc)"),
            setting("FilterOptions", "44,34,76,1"),
        ]
        document = desktop.loadComponentFromURL("private:stream", "_blank", 0, tuple(settings))
        cursor = document.Sheets.getByIndex(0).createCursor()
        cursor.gotoEndOfUsedArea(True)
        json.dump(cursor.getDataArray(), sys.stdout)
    finally:
        try:
            desktop.terminate()
        except Exception:  # It went before it said so.
            pass


main()
