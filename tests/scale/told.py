"""`cairn`, whose followers never look by themselves: of others' commits they are told, or see nothing."""

from cairn.cli import main
from cairn.usecases import following

following.LOOK_SECONDS = 3600

if __name__ == "__main__":
    main()
